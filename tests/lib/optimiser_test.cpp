#include <gtest/gtest.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/optimiser.hpp>
#include <error_forcing/random.hpp>

#include "refusal.hpp"

namespace error_forcing {
namespace {

constexpr std::uint64_t optimiser_seed = 20240707;

template <typename Scalar>
Parameters<Scalar> weights_to_descend(RandomEngine& engine) {
  return cast<Scalar>(Parameters<double>{normal_matrix(engine, 4, 4), normal_matrix(engine, 4, 3),
                                         normal_matrix(engine, 4, 1), normal_matrix(engine, 2, 4),
                                         normal_matrix(engine, 2, 1)});
}

// The same steps by the algorithm itself.
template <typename Scalar, typename Options, typename State>
void expect_the_steps_of(const Options& options, State state) {
  auto engine = random_engine(optimiser_seed);
  auto theta = weights_to_descend<Scalar>(engine), want = theta;
  auto optimiser = make_optimiser<Scalar>(options, theta);
  for (int step = 1; step <= 4; ++step) {
    const auto gradient = weights_to_descend<Scalar>(engine);
    descend(OptimiserOptions(options), gradient, optimiser, theta);
    descend(options, gradient, state, want);
    EXPECT_EQ(steps_of(optimiser), step);
    for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(blocks(theta)[k], blocks(want)[k]);
  }
}

TEST(OptimiserLaw, EveryStepIsThatOfTheAlgorithm) {
  auto engine = random_engine(optimiser_seed);
  const auto shape = weights_to_descend<double>(engine);
  const auto narrow = cast<float>(shape);
  const AdamOptions adam{.rate = 0.1, .beta1 = 0.5, .trained = {.U = false}};
  const SgdOptions sgd{.rate = 0.1, .momentum = 0.5, .trained = {.U = false}};
  expect_the_steps_of<double>(adam, make_adam(shape));
  expect_the_steps_of<float>(adam, make_adam(narrow));
  expect_the_steps_of<double>(sgd, make_sgd(shape));
  expect_the_steps_of<float>(sgd, make_sgd(narrow));
  EXPECT_EQ(name_of(OptimiserOptions(adam)), "adam");
  EXPECT_EQ(name_of(OptimiserOptions(sgd)), "sgd");
}

TEST(OptimiserHostile, TheStateOfTheOtherOneAndOptionsOutOfRangeAreRefused) {
  auto engine = random_engine(optimiser_seed, 1);
  auto theta = weights_to_descend<double>(engine);
  const auto before = theta, gradient = weights_to_descend<double>(engine);
  auto state = make_optimiser<double>(SgdOptions{}, theta);
  test::expect_refusal([&] { descend(OptimiserOptions(AdamOptions{}), gradient, state, theta); },
                       "made for another one than adam");
  test::expect_refusal([&] { validate(OptimiserOptions(SgdOptions{.momentum = 1})); }, "momentum");
  test::expect_refusal([&] { validate(OptimiserOptions(AdamOptions{.beta1 = 1})); }, "beta1");
  EXPECT_EQ(theta.W, before.W);
}

}  // namespace
}  // namespace error_forcing
