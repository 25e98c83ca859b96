# What Debian's policy wants of a package beside what cmake --install writes; cpack runs this in the package's tree.
set(doc "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/tcpabort")
set(man "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man/man1")
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${doc}/changelog" "${CPACK_PACKAGE_NAME} (${CPACK_DEBIAN_PACKAGE_VERSION}) unstable; urgency=medium

  * The release of this number, built for the Wireshark of this number.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
file(COPY "${CMAKE_CURRENT_LIST_DIR}/copyright" DESTINATION "${doc}")
execute_process(COMMAND gzip -9nf "${doc}/changelog" "${man}/tcpabort.1" COMMAND_ERROR_IS_FATAL ANY)
