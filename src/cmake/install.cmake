# What `cmake --install` puts where. Component `attn` is the program with its manual, completions, schemas and
# examples; component `dev` is the library for other programs, by CMake and by pkg-config.
include(CMakePackageConfigHelpers)

install(TARGETS attn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT attn)
file(GLOB attn_man_pages CONFIGURE_DEPENDS man/*.[0-9])
foreach(page IN LISTS attn_man_pages)
  string(REGEX MATCH "[0-9]$" section ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT attn)
endforeach()
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT attn)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} USE_SOURCE_PERMISSIONS COMPONENT attn)
install(DIRECTORY src/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/attn COMPONENT attn FILES_MATCHING PATTERN *.json)
# Where each shell looks for completions by itself.
set(attn_completions src/cli/completion)
install(FILES ${attn_completions}/attn.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME attn COMPONENT attn)
install(FILES ${attn_completions}/attn.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions
        RENAME _attn COMPONENT attn)
install(FILES ${attn_completions}/attn.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT attn)

install(TARGETS libattn EXPORT attn ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(DIRECTORY include/attn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
set(attn_config ${CMAKE_INSTALL_LIBDIR}/cmake/attn)
install(EXPORT attn NAMESPACE attn:: FILE attn-config.cmake DESTINATION ${attn_config} COMPONENT dev)
# Before version 1 a minor version may change what it likes.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/attn-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/attn-config-version.cmake DESTINATION ${attn_config} COMPONENT dev)

# pkg-config finds the prefix by where its file is, so that an installed tree may be moved.
list(JOIN attn_libraries " -l" attn_link_flags)
set(attn_pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${attn_pkgconfig} OUTPUT_VARIABLE attn_up)
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/attn.pc CONTENT "\
prefix=\${pcfiledir}/${attn_up}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: attn
Description: ${PROJECT_DESCRIPTION}
Version: ${PROJECT_VERSION}
Libs: -L\${libdir} -lattn -l${attn_link_flags} -lpthread
Cflags: -I\${includedir}
")
install(FILES ${PROJECT_BINARY_DIR}/attn.pc DESTINATION ${attn_pkgconfig} COMPONENT dev)
