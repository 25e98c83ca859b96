# The core in layers, each in a folder of its own, the lowest first: a layer calls none that comes after it.
set(core_layers track facts judge sockets explain labels connection words)
set(core_folder ${PROJECT_SOURCE_DIR}/plugin/core)

# add_core(NAME): the library NAME, from an object library NAME_LAYER a layer. Further arguments are compile options, for a
# copy that is not optimized as a whole program.
function(add_core name)
    add_library(${name} STATIC)
    foreach(layer IN LISTS core_layers)
        file(GLOB sources CONFIGURE_DEPENDS ${core_folder}/${layer}/*.c ${core_folder}/${layer}.c)
        add_library(${name}_${layer} OBJECT ${sources})
        target_include_directories(${name}_${layer} PRIVATE ${core_folder}/include ${core_folder})
        target_compile_options(${name}_${layer} PRIVATE ${warnings} ${ARGN})
        set_target_properties(${name}_${layer} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
        if(ARGN)
            set_target_properties(${name}_${layer} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
        endif()
        target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:${name}_${layer}>)
    endforeach()
    target_include_directories(${name} PUBLIC ${core_folder}/include)
endfunction()
