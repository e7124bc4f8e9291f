#pragma once
// The subcommands of `ef`, one file each. Each adds itself to the program; its callback runs after
// parsing and may throw InvalidInput (exit status 2) or set `status`.

#include <CLI/CLI.hpp>

namespace error_forcing::cli {

void add_verify(CLI::App& program, int& status);
void add_gradient(CLI::App& program, int& status);
void add_infer(CLI::App& program, int& status);
void add_em(CLI::App& program, int& status);
void add_report(CLI::App& program, int& status);
void add_study(CLI::App& program, int& status);
void add_sweep(CLI::App& program, int& status);
void add_task(CLI::App& program, int& status);
void add_train(CLI::App& program, int& status);

}  // namespace error_forcing::cli
