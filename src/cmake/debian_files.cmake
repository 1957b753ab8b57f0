# What Debian wants besides, in the trees that CPack is about to pack: manual pages and changelogs compressed, the
# copyright, and zsh's completion where Debian's zsh looks.
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, where it is set
set(of_attn attn)
set(of_dev libattn-dev)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  set(share ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share)
  set(package ${of_${component}})
  file(GLOB pages ${share}/man/*/*.[0-9])
  foreach(page IN LISTS pages)
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  if(EXISTS ${share}/zsh/site-functions)
    file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
  endif()
  set(docs ${share}/doc/${package})
  file(MAKE_DIRECTORY ${docs})
  file(REMOVE ${docs}/LICENSE)
  if(EXISTS ${docs}/CHANGELOG.md)
    file(RENAME ${docs}/CHANGELOG.md ${docs}/changelog)
    execute_process(COMMAND gzip -9n ${docs}/changelog COMMAND_ERROR_IS_FATAL ANY)
  endif()
  file(WRITE ${docs}/changelog.Debian "attn (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; \
urgency=medium\n\n  * Version ${CPACK_PACKAGE_VERSION}; see changelog.gz of the package attn.\n\n\
 -- ${CPACK_PACKAGE_CONTACT}  ${now}\n")
  execute_process(COMMAND gzip -9n ${docs}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
  file(COPY_FILE ${CPACK_ATTN_COPYRIGHT} ${docs}/copyright)
  file(WRITE ${share}/lintian/overrides/${package} "# No package of Debian's own archive, where a first upload would close \
a bug.\n${package}: initial-upload-closes-no-bugs\n")
endforeach()
