#pragma once
// The studies of `ef study`, one file each. Each adds itself to the subcommand `study`.

#include <CLI/CLI.hpp>

namespace error_forcing::cli {

void add_study_geometry(CLI::App& study);
void add_study_equivalence(CLI::App& study);
void add_study_gains(CLI::App& study);
void add_study_alignment(CLI::App& study);

}  // namespace error_forcing::cli
