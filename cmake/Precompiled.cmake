# Parsing Eigen, Boost and fmt takes longer than compiling most sources, so it is done once for all
# that compile with the same options: target_precompile_headers(TARGET REUSE_FROM NAME).
# A public header must not lean on it: what it uses it includes.

# add_precompiled(NAME [HEADER...]): a target for the headers below, after those given. It stands
# apart from the rooms because the compiler refuses it where a macro of its own is not defined, and
# only lib knows those of HDF5.
function(add_precompiled name)
  file(CONFIGURE OUTPUT ${name}.cpp CONTENT "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE Eigen3::Eigen Boost::headers fmt::fmt)
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_definitions(${name} PRIVATE
    $<TARGET_PROPERTY:error_forcing_core,INTERFACE_COMPILE_DEFINITIONS>)
  target_precompile_headers(${name} PRIVATE ${ARGN}
    <Eigen/Core> <Eigen/StdVector>
    $<$<BOOL:${ERROR_FORCING_QUAD}>:<boost/multiprecision/eigen.hpp$<ANGLE-R>>
    $<$<BOOL:${ERROR_FORCING_QUAD}>:<boost/multiprecision/float128.hpp$<ANGLE-R>>
    <boost/random/mersenne_twister.hpp> <boost/random/normal_distribution.hpp>
    <boost/random/uniform_int_distribution.hpp>
    <fmt/format.h> <fmt/ranges.h>)
endfunction()
