// ef study: what the method does, as pictures with the numbers behind them.

#include "studies.hpp"
#include "subcommands.hpp"

namespace error_forcing::cli {

void add_study(CLI::App& program, int&) {
  auto* study = program.add_subcommand("study", "A study: a picture and the numbers behind it");
  study->require_subcommand(1);
  add_study_geometry(*study);
  add_study_equivalence(*study);
  add_study_gains(*study);
  add_study_alignment(*study);
}

}  // namespace error_forcing::cli
