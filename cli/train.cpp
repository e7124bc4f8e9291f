#include "subcommands.hpp"

namespace error_forcing::cli {

void add_train(CLI::App&, int&) {}

}  // namespace error_forcing::cli
