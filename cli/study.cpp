#include "subcommands.hpp"

namespace error_forcing::cli {

void add_study(CLI::App&, int&) {}

}  // namespace error_forcing::cli
