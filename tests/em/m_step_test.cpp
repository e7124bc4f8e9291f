#include <error_forcing/m_step.hpp>

#include "settings.hpp"

namespace error_forcing::test {
namespace {

template <typename Scalar>
class MStepIn : public ::testing::Test {};
TYPED_TEST_SUITE(MStepIn, DoubleAndQuad, PrecisionName);

template <typename Scalar>
struct NamedMStep {
  std::string name;
  MStep<Scalar> m_step;
};

template <typename Scalar>
std::vector<NamedMStep<Scalar>> m_steps(Index units, Index outputs) {
  const auto noise = random_noise<Scalar>(units, outputs, 1);
  return {{"paper's form", PaperForm{}},
          {"reparameterised", Reparameterised<Scalar>{noise.R}},
          {"local", Local<Scalar>{noise}}};
}

// Calls check(setting, m_step) for every pair of an E-step and an M-step.
template <typename Scalar, typename Check>
void for_each_pair(const CaseOptions& options, Check check) {
  for_each_setting<Scalar>(options, [&](const Setting<Scalar>& s) {
    for (const auto& [name, m_step] : m_steps<Scalar>(options.units, options.outputs)) {
      SCOPED_TRACE(name);
      check(s, m_step);
    }
  });
}

template <typename Scalar>
Parameters<Scalar> direction_of(const EStep<Scalar>& e_step, const MStep<Scalar>& m_step,
                                const RandomCase<Scalar>& c) {
  auto t = inferred(e_step, c);
  return ascent_direction(m_step, c.network, c.batch, t);
}

TYPED_TEST(MStepIn, IsTheDirectionOfItsMember) {
  using Scalar = TypeParam;
  const auto c = random_case<Scalar>({}, 1);
  auto t = displaced_trajectory(c, 1);
  const auto noise = random_noise<Scalar>(5, 2, 1);
  const auto expect_same = [&](const auto& member) {
    const auto alone = ascent_direction(member, c.network, c.batch, t);
    const auto chosen = ascent_direction(MStep<Scalar>{member}, c.network, c.batch, t);
    EXPECT_EQ(relative_distance(chosen, alone), Scalar(0));
  };
  expect_same(PaperForm{});
  expect_same(Reparameterised<Scalar>{noise.R});
  expect_same(Local<Scalar>{noise});
}

// Sums over trials: two batches add, and their order does not matter.
TYPED_TEST(MStepIn, AddsOverTrials) {
  using Scalar = TypeParam;
  for_each_pair<Scalar>({.trials = 35, .steps = 4}, [](const auto& s, const auto& m_step) {
    std::vector<Index> front, back, reversed;
    for (Index trial = 0; trial < 35; ++trial) {
      (trial < 20 ? front : back).push_back(trial);
      reversed.insert(reversed.begin(), trial);
    }
    const auto whole = direction_of(s.e_step, m_step, s.drawn);
    auto sum = direction_of(s.e_step, m_step, pick_trials(s.drawn, front));
    add_scaled(sum, Scalar(1), direction_of(s.e_step, m_step, pick_trials(s.drawn, back)));
    EXPECT_LE(relative_distance(sum, whole), 4 * rounding<Scalar>());
    const auto other_order = direction_of(s.e_step, m_step, pick_trials(s.drawn, reversed));
    EXPECT_LE(relative_distance(other_order, whole), 4 * rounding<Scalar>());
  });
}

TYPED_TEST(MStepIn, TurnsWithTheStateSpace) {
  using Scalar = TypeParam;
  for (const auto& [activation, G] : symmetries<Scalar>(5, 2)) {
    auto options = small;
    options.activation = activation;
    for_each_pair<Scalar>(options, [&](const Setting<Scalar>& s, const MStep<Scalar>& m_step) {
      auto other = m_step;
      if (auto* local = std::get_if<Local<Scalar>>(&other)) local->noise = turned(local->noise, G);
      const auto plain = direction_of(s.e_step, m_step, s.drawn);
      const auto moved = direction_of(turned(s.e_step, G), other, turned(s.drawn, G));
      EXPECT_LE(relative_distance(moved, turned(plain, G)), 16 * rounding<Scalar>());
    });
  }
}

TYPED_TEST(MStepIn, RepeatsItsBitsWhateverTheScratchHeld) {
  using Scalar = TypeParam;
  for_each_pair<Scalar>({.trials = 35, .steps = 4}, [](const auto& s, const auto& m_step) {
    const auto& [network, batch] = s.drawn;
    auto t = inferred(s.e_step, s.drawn);
    const auto first = ascent_direction(m_step, network, batch, t);
    for (int call = 0; call < 2; ++call) {
      poison_scratch(t);
      EXPECT_EQ(relative_distance(ascent_direction(m_step, network, batch, t), first), Scalar(0));
    }
  });
}

// An M-step reads the trajectory and changes none of it.
TYPED_TEST(MStepIn, LeavesTheTrajectoryAsItWas) {
  using Scalar = TypeParam;
  for_each_pair<Scalar>(small, [](const auto& s, const auto& m_step) {
    const auto before = inferred(s.e_step, s.drawn);
    auto t = before;
    ascent_direction(m_step, s.drawn.network, s.drawn.batch, t);
    EXPECT_EQ(relative_distance(t.states, before.states), Scalar(0));
    EXPECT_EQ(relative_distance(t.displacements, before.displacements), Scalar(0));
    EXPECT_EQ(relative_distance(t.errors, before.errors), Scalar(0));
  });
}

TEST(MStepPrecision, FloatAgreesWithDouble) {
  const auto fine = m_steps<double>(5, 2);
  const auto coarse = m_steps<float>(5, 2);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto in_double = settings<double>(small, seed);
    const auto in_float = settings<float>(small, seed);
    for (std::size_t k = 0; k < in_double.size(); ++k)
      for (std::size_t m = 0; m < fine.size(); ++m) {
        SCOPED_TRACE(in_double[k].name + ", " + fine[m].name);
        const auto want = direction_of(in_double[k].e_step, fine[m].m_step, in_double[k].drawn);
        const auto found = direction_of(in_float[k].e_step, coarse[m].m_step, in_float[k].drawn);
        EXPECT_LE(relative_distance(cast<double>(found), want), 1e-5);
      }
  }
}

}  // namespace
}  // namespace error_forcing::test
