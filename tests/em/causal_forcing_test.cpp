#include <error_forcing/causal_forcing.hpp>

#include "refusal.hpp"
#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class CausalForcingIn : public ::testing::Test {};
TYPED_TEST_SUITE(CausalForcingIn, DoubleAndQuad, PrecisionName);

TYPED_TEST(CausalForcingIn, IsItsFormulaForEveryMask) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>(partial_masks, 25);
  const auto& C = c.network.parameters.C;
  const Scalar gain(0.3);
  for (const Scalar& rho : {Scalar(0), Scalar(0.4)}) {
    const auto t = inferred<Scalar>(CausalForcing<Scalar>{gain, rho}, c);
    Index forced = 0;
    for_each_step(c.batch.layout(), [&](Index trial, Index step) {
      Vector<Scalar> want = Vector<Scalar>::Zero(C.cols());
      if (step > 1 && c.batch.mask(trial, step, 0) == 1) {
        want = gain * (readout_inverse(C, rho) * column(t.errors, trial, step - 1));
        ++forced;
      }
      expect_zero(column(t.displacements, trial, step) - want);
    });
    EXPECT_GT(forced, 10);
  }
}

TEST(CausalForcing, RefusesWhatIsOutOfRange) {
  const auto c = random_case(small, 26);
  expect_refusal([&] { inferred<double>(CausalForcing<double>{1.1}, c); }, "gain");
  expect_refusal([&] { inferred<double>(CausalForcing<double>{1, -1}, c); }, "ridge");
}

}  // namespace
}  // namespace error_forcing::test
