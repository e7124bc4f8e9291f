#include "subcommands.hpp"

namespace error_forcing::cli {

void add_gradient(CLI::App&, int&) {}

}  // namespace error_forcing::cli
