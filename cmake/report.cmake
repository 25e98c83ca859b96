# add_report(NAME CORE): the library NAME of reports over the library CORE. It gets no include path but theirs and glib's, so
# that Wireshark's headers are not found here.
function(add_report name core)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/plugin/report/*.c)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/plugin/report)
    target_link_libraries(${name} PUBLIC ${core} PkgConfig::GLIB)
    target_compile_options(${name} PRIVATE ${warnings})
    target_compile_definitions(${name} PRIVATE TCPABORT_VERSION="${PROJECT_VERSION}")
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
endfunction()
