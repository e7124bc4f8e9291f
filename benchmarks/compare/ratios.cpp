#include "ratios.hpp"

#include <cmath>
#include <error_forcing/errors.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

namespace error_forcing::benchmarks {

namespace {

using nlohmann::json;

constexpr const char* counters[] = {"share", "peer_to_ours"};

json parse(const std::filesystem::path& file) {
  std::ifstream stream(file);
  require(stream.good(), "{}: cannot be read", file.string());
  const auto report = json::parse(stream, nullptr, false);
  const auto list = report.is_object() ? report.find("benchmarks") : report.end();
  require(report.is_object() && list != report.end() && list->is_array(),
          "{}: is no JSON report of the benchmarks; write one with --benchmark_out=FILE",
          file.string());
  return *list;
}

// So that runs of other lengths compare.
std::string name_of(const json& run) {
  static const std::regex lengths("/(iterations|repeats):[0-9]+");
  const std::string name = run.value("run_name", run.value("name", std::string()));
  return std::regex_replace(name, lengths, "");
}

void add_run(const std::filesystem::path& file, const json& run, Ratios& ratios) {
  const std::string name = name_of(run);
  if (run.value("error_occurred", false)) {
    ratios.withheld.push_back(name);
    return;
  }
  for (const char* counter : counters) {
    if (!run.contains(counter)) continue;
    const double ratio = run.at(counter).get<double>();
    require(std::isfinite(ratio) && ratio > 0, "{}: {} of {}: want a positive number, got {}",
            file.string(), counter, name, ratio);
    ratios.values[{name, counter}].push_back(ratio);
  }
}

}  // namespace

Ratios read_ratios(const std::filesystem::path& file) {
  Ratios ratios;
  try {
    for (const json& run : parse(file))
      if (run.value("run_type", "iteration") == "iteration") add_run(file, run, ratios);
  } catch (const json::exception&) {
    throw InvalidInput(file.string() + ": a benchmark in it is malformed");
  }
  require(!ratios.values.empty() || !ratios.withheld.empty(),
          "{}: no benchmark in it has a share or peer_to_ours; leave out "
          "--benchmark_report_aggregates_only",
          file.string());
  return ratios;
}

}  // namespace error_forcing::benchmarks
