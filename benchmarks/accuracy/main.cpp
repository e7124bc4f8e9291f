// ./ef bench accuracy [--out DIR]: what each rule's gradient is worth, and what it costs.
// Exit status: 0 done, 1 a gradient is wrong, 2 bad input.

#include <CLI/CLI.hpp>
#include <error_forcing/atomic_file.hpp>
#include <error_forcing/errors.hpp>

#include "figure.hpp"

namespace {

using namespace error_forcing;
using namespace error_forcing::benchmarks;

std::string gain_of(const Accuracy& a) { return a.gain ? fmt::format("{:g}", *a.gain) : ""; }

void print_table(const std::vector<Accuracy>& table) {
  fmt::print("{:<12} {:>5} {:>8} {:>8} {:>8} {:>6} {:>10}\n", "rule", "gain", "cosine", "of W",
             "us/step", "cost", "cosine/us");
  for (const Accuracy& a : table)
    fmt::print("{:<12} {:>5} {:>8.4f} {:>8.4f} {:>8.2f} {:>6.2f} {:>10.4f}\n", a.rule, gain_of(a),
               a.cosine, a.cosine_W, a.us_per_step, a.cost, a.cosine_per_us());
}

std::string csv(const std::vector<Accuracy>& table) {
  std::string text = "rule,gain,cosine,cosine_W,us_per_step,cost,cosine_per_us\n";
  for (const Accuracy& a : table)
    text += fmt::format("{},{},{:.8g},{:.8g},{:.6g},{:.6g},{:.6g}\n", a.rule, gain_of(a), a.cosine,
                        a.cosine_W, a.us_per_step, a.cost, a.cosine_per_us());
  return text;
}

void write_files(const std::filesystem::path& out, const std::vector<Accuracy>& table) {
  const std::string figure = draw_accuracy(table);
  make_folder(out);
  write_text(out / "accuracy.csv", csv(table));
  write_text(out / "accuracy.svg", figure);
}

void run(const std::filesystem::path& out, const std::vector<double>& gains) {
  const auto table = measure_accuracy(gains);
  if (!out.empty()) write_files(out, table);
  print_table(table);
  if (out.empty()) return;
  for (const char* name : {"accuracy.csv", "accuracy.svg"})
    fmt::print("{}\n", (out / name).string());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program{"Cosine of each rule's gradient to that of the task, and its cost",
                   "ef bench accuracy"};
  std::filesystem::path out;
  std::vector<double> gains{0.05, 0.2, 0.5, 1};
  program.add_option("--out", out, "Folder for accuracy.csv and accuracy.svg");
  program.add_option("--gains", gains, "Gains in [0, 1], by default 0.05 0.2 0.5 1");
  program.failure_message([](const CLI::App*, const CLI::Error& error) {
    return fmt::format("accuracy: {}; --help lists what there is\n", error.what());
  });
  try {
    program.parse(argc, argv);
    run(out, gains);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  } catch (const InvalidInput& error) {
    fmt::print(stderr, "accuracy: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "accuracy: {}\n", error.what());
    return 1;
  }
  return 0;
}
