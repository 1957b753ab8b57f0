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
