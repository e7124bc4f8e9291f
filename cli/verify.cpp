#include "subcommands.hpp"

namespace error_forcing::cli {

void add_verify(CLI::App&, int&) {}

}  // namespace error_forcing::cli
