# What the presets compile as one (CMAKE_UNITY_BUILD): up to eight sources of a folder, as reading headers takes longer
# than compiling what a file has of its own. So names in anonymous namespaces of a folder differ.

# attn_unity(TARGET SOURCE...): groups the sources of a target. One that asks for Linux is left alone, as a test replaces
# its object (see tests/CMakeLists.txt).
function(attn_unity target)
  foreach(source IN LISTS ARGN)
    file(STRINGS ${source} asks REGEX "^#include \"core/linux\\.hpp\"")
    if(asks)
      continue()
    endif()
    get_filename_component(folder ${source} DIRECTORY)
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${folder})
    string(MAKE_C_IDENTIFIER ${folder} folder)
    list(APPEND in_${folder} ${source})
    list(LENGTH in_${folder} count)
    math(EXPR group "(${count} - 1) / 8")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder}_${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
