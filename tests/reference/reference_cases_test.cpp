// The cases of this folder, computed in double precision by an independent implementation (PyTorch
// and its automatic differentiation), reproduced dataset by dataset.

#include <error_forcing/archive.hpp>
#include <error_forcing/case_file.hpp>
#include <error_forcing/learning_rule.hpp>
#include <filesystem>

#include "refusal.hpp"

namespace error_forcing::test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> reference_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(ERROR_FORCING_REFERENCE_CASES))
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

RuleOptions rule_of(const fs::path& file) {
  return {.name = read_text(file, "rule"),
          .gain = read_number(file, "gain"),
          .ridge = read_number(file, "ridge"),
          .as_released = read_number(file, "as_released") == 1};
}

// Everything that the group `expected` holds.
template <typename Scalar>
std::vector<NamedArray> computed(const fs::path& file) {
  const auto input = read_case(file, "case");
  const auto net = cast<Scalar>(input.network);
  const auto trials = cast<Scalar>(input.batch);
  const auto rule = make_rule<Scalar>(rule_of(file));
  auto t = make_trajectory(net, trials);
  auto gradient = zero_like(net.parameters), total = gradient;
  objective_gradient(rule, net, trials, no_penalties, t, gradient);
  const auto value = objective_gradient(rule, net, trials, Penalties{}, t, total);
  std::vector<NamedArray> arrays{named_array("states_before", t.states_before),
                                 named_array("states", t.states), named_array("outputs", t.outputs),
                                 named_array("loss", static_cast<double>(value.loss)),
                                 named_array("objective", static_cast<double>(value.total()))};
  for (auto& array : named_arrays("grad_", gradient)) arrays.push_back(std::move(array));
  for (auto& array : named_arrays("total_grad_", total)) arrays.push_back(std::move(array));
  return arrays;
}

// max |a - b| / max |b|; a NaN fails.
void expect_close(const NamedArray& found, const NamedArray& want, double tolerance) {
  ASSERT_EQ(found.shape, want.shape) << found.name;
  double gap = 0, size = 0;
  for (std::size_t k = 0; k < want.values.size(); ++k) {
    const double miss = std::abs(found.values[k] - want.values[k]);
    ASSERT_TRUE(std::isfinite(miss)) << found.name;
    gap = std::max(gap, miss);
    size = std::max(size, std::abs(want.values[k]));
  }
  EXPECT_LE(gap, tolerance * size) << found.name << " misses by " << gap / size;
}

template <typename Scalar>
void expect_all_reproduced(double tolerance) {
  const auto files = reference_files();
  ASSERT_EQ(files.size(), 8);
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename());
    for (const auto& array : computed<Scalar>(file))
      expect_close(array, read_array(file, "expected/" + array.name), tolerance);
  }
}

TEST(ReferenceCases, AreReproducedInDouble) { expect_all_reproduced<double>(1e-12); }
TEST(ReferenceCases, AreReproducedInFloat) { expect_all_reproduced<float>(1e-5); }

}  // namespace
}  // namespace error_forcing::test
