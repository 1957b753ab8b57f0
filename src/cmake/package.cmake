# Debian packages by CPack: `attn`, and `libattn-dev` for programs that use the library. src/cmake/package.sh makes them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME attn)
set(CPACK_PACKAGE_VENDOR "The attn authors")
# As Debian's own tools have it: the maintainer of a package is who makes it.
if(DEFINED ENV{DEBEMAIL})
  set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
else()
  set(CPACK_PACKAGE_CONTACT "The attn authors <attn@attn.invalid>")
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package's description has its own in the first line
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL attn dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION math)
set(CPACK_DEBIAN_ATTN_PACKAGE_NAME attn)
set(CPACK_DEBIAN_ATTN_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_ATTN_DESCRIPTION "attention on the command line
Computes the attention of transformers on the CPU and gives back every number
on the way there: scores, masks, weights and outputs, of single layers and of
whole models. Results are documents, arrays, tables, or heatmaps as PNG, SVG
and HTML.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libattn-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libdeflate-dev, libutf8proc-dev, libonig-dev, libfreetype-dev, libharfbuzz-dev, libfribidi-dev, \
libpng-dev, libjpeg-dev")
set(CPACK_COMPONENT_DEV_DESCRIPTION "attention of transformers, as a C++ library
The static library that attn is made of, with its headers, for programs that
find it by CMake or pkg-config.")
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian_files.cmake)
set(CPACK_ATTN_COPYRIGHT ${ATTN_COPYRIGHT})
include(CPack)
