# Embeds the font into the render layer: one object made by the assembler, nothing read at run time.
if(TARGET attn_render)
  set(font_source ${CMAKE_CURRENT_BINARY_DIR}/embedded_font.cpp)
  file(CONFIGURE OUTPUT ${font_source} @ONLY CONTENT [[
// Made by src/cmake/embed.cmake.
asm(R"(
  .section .rodata
  .global attn_embedded_font
  .global attn_embedded_font_end
  .balign 16
attn_embedded_font:
  .incbin "@ATTN_FONT@"
attn_embedded_font_end:
  .byte 0
  .previous
)");
]])
  set_source_files_properties(${font_source} PROPERTIES OBJECT_DEPENDS ${ATTN_FONT})
  target_sources(attn_render PRIVATE ${font_source})
endif()

# Embeds the interactive page likewise: each part is the files of src/render/html that are listed for it, in this order.
if(TARGET attn_render)
  set(page_folder ${CMAKE_CURRENT_SOURCE_DIR}/render/html)
  set(page_head head.html)
  set(page_style page.css)
  set(page_body body.html)
  set(page_script begin.js numbers.js data.js reduce.js state.js elements.js color.js pyramid.js photo.js heatmap.js
                  heads.js model.js query.js controls.js end.js)
  set(page_assembly "")
  set(page_files "")
  foreach(part IN ITEMS head style body script)
    string(APPEND page_assembly "  .global attn_page_${part}\n  .global attn_page_${part}_end\nattn_page_${part}:\n")
    foreach(file IN LISTS page_${part})
      string(APPEND page_assembly "  .incbin \"${page_folder}/${file}\"\n")
      list(APPEND page_files ${page_folder}/${file})
    endforeach()
    string(APPEND page_assembly "attn_page_${part}_end:\n  .byte 0\n")
  endforeach()
  set(page_source ${CMAKE_CURRENT_BINARY_DIR}/embedded_page.cpp)
  file(CONFIGURE OUTPUT ${page_source} @ONLY CONTENT [[
// Made by src/cmake/embed.cmake.
asm(R"(
  .section .rodata
@page_assembly@  .previous
)");
]])
  set_source_files_properties(${page_source} PROPERTIES OBJECT_DEPENDS "${page_files}")
  target_sources(attn_render PRIVATE ${page_source})
endif()

# Embeds the scripts of src/cli/completion likewise, one for each shell.
if(TARGET attn_cli)
  set(completion_assembly "")
  set(completion_files "")
  foreach(shell IN ITEMS bash zsh fish)
    set(file ${CMAKE_CURRENT_SOURCE_DIR}/cli/completion/attn.${shell})
    set(symbol attn_completion_${shell})
    string(APPEND completion_assembly "  .global ${symbol}\n  .global ${symbol}_end\n${symbol}:\n"
                                      "  .incbin \"${file}\"\n${symbol}_end:\n  .byte 0\n")
    list(APPEND completion_files ${file})
  endforeach()
  set(completion_source ${CMAKE_CURRENT_BINARY_DIR}/embedded_completion.cpp)
  file(CONFIGURE OUTPUT ${completion_source} @ONLY CONTENT [[
// Made by src/cmake/embed.cmake.
asm(R"(
  .section .rodata
@completion_assembly@  .previous
)");
]])
  set_source_files_properties(${completion_source} PROPERTIES OBJECT_DEPENDS "${completion_files}")
  target_sources(attn_cli PRIVATE ${completion_source})
endif()
