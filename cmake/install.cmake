# cmake --install: below Wireshark's own prefix, for all users, unless configured with another one.
#
# The tools lie below lib/tcpabort as they do in a checkout, but without tools/setup: there is nothing to build.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr/local")  # CMake's default
    set_property(CACHE CMAKE_INSTALL_PREFIX PROPERTY VALUE "${Wireshark_INSTALL_PREFIX}")
endif()
if(CMAKE_INSTALL_PREFIX STREQUAL Wireshark_INSTALL_PREFIX)
    set(plugin_folder "${Wireshark_PLUGIN_LIBDIR}")
else()
    set(plugin_folder "lib/wireshark/plugins/${wireshark_minor}")  # below ~/.local Wireshark looks for it here
endif()
install(TARGETS tcpabort LIBRARY DESTINATION "${plugin_folder}/epan")

set(tools lib/tcpabort/tools)
install(PROGRAMS tools/tcpabort DESTINATION ${tools})
install(TARGETS pcapng-comment RUNTIME DESTINATION ${tools})
install(DIRECTORY tools/commands tools/compare tools/lib DESTINATION ${tools} PATTERN __pycache__ EXCLUDE)
install(DIRECTORY profile/tcpabort DESTINATION lib/tcpabort/profile)
install(FILES sample-pcaps/fin_rst.pcapng DESTINATION lib/tcpabort/sample-pcaps)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/link)
file(CREATE_LINK ../lib/tcpabort/tools/tcpabort ${CMAKE_BINARY_DIR}/link/tcpabort SYMBOLIC)
install(FILES ${CMAKE_BINARY_DIR}/link/tcpabort DESTINATION bin)
install(FILES docs/tcpabort.1 DESTINATION share/man/man1)
install(FILES README.md DESTINATION share/doc/tcpabort)
install(DIRECTORY docs DESTINATION share/doc/tcpabort PATTERN tcpabort.1 EXCLUDE)

add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -D MANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
    -P ${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake)
