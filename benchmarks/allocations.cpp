#include "allocations.hpp"

#include "../tests/allocation/counting_malloc.hpp"

namespace error_forcing::benchmarks {

long allocations() { return test::allocations; }

}  // namespace error_forcing::benchmarks
