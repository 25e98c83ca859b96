# cpack -G DEB: a Debian package for the one minor version of Wireshark that it is built for, which is part of
# its version too: a newer Debian's package then replaces that of the one before.
if(NOT CMAKE_INSTALL_PREFIX STREQUAL Wireshark_INSTALL_PREFIX)
    return()
endif()
math(EXPR next_minor "${Wireshark_MINOR_VERSION} + 1")
set(CPACK_PACKAGE_NAME tcpabort)
set(CPACK_PACKAGE_CONTACT "tcpabort <tcpabort@localhost>" CACHE STRING "Maintainer of the Debian package")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION}+wireshark${wireshark_minor})
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Wireshark plugin that says how a TCP connection ended")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"For each TCP connection in a capture: how it ended, who ended it, what was
lost, and which error each application's socket calls return on Windows,
Linux, FreeBSD and macOS.
.
Wireshark and TShark load the plugin. The command tcpabort makes reports and
annotated captures, and compares two captures of one connection.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "tshark (>= ${wireshark_minor}~), tshark (<< ${Wireshark_MAJOR_VERSION}.${next_minor}~), python3")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS wireshark)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
include(CPack)
