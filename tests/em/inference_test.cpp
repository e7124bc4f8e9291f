#include <error_forcing/inference.hpp>

#include "linear_gaussian.hpp"
#include "refusal.hpp"
#include "sanitized.hpp"
#include "settings.hpp"

namespace error_forcing {
namespace {

using namespace test;

std::vector<InferenceMethod> methods_for_any_model() {
  return {FreeRunning{},
          TeacherForcing<double>{0.5},
          ErrorForcing<double>{0.5},
          Greedy{},
          KalmanFilter{},
          MapTrajectory{},
          ParticlePosterior{.particles = 200, .repeats = 2}};
}

TEST(Inference, EveryMethodLeavesFiniteStatesForEveryTrial) {
  const auto [model, batch] = model_case({}, 1);
  for (const auto& method : methods_for_any_model()) {
    SCOPED_TRACE(name_of(method));
    const auto inference = infer(method, model, batch);
    ASSERT_EQ(inference.size(), 3u);
    for (const auto& trial : inference) {
      EXPECT_TRUE(trial.states.allFinite());
      EXPECT_TRUE(trial.displacements.allFinite());
      EXPECT_EQ(trial.states.cols(), batch.layout().steps + 1);
    }
  }
}

// A path's displacements cause its states.
TEST(InferenceLaw, DisplacementsOfAPathReplayIt) {
  const auto [model, batch] = model_case({}, 2);
  for (const auto& method : methods_for_any_model()) {
    if (std::holds_alternative<KalmanFilter>(method)) continue;       // means, not a path
    if (std::holds_alternative<ParticlePosterior>(method)) continue;  // a mean of paths
    SCOPED_TRACE(name_of(method));
    const auto inference = infer(method, model, batch);
    for (Index k = 0; k < 3; ++k) {
      const auto& found = inference[static_cast<std::size_t>(k)];
      expect_close(displaced_states(model.network, trial_of(batch, k), found.displacements),
                   found.states);
    }
  }
}

// A trial knows nothing of its neighbours: permuting and leaving out trials permutes and leaves out
// what was found, and gradients add. Particles draw by the number of the trial.
TEST(InferenceLaw, TrialsAreInferredOneByOne) {
  const auto [model, batch] = model_case(linear_case, 7);
  const std::vector<Index> chosen{2, 0};
  const auto some = pick_trials<double>({model.network, batch}, chosen).batch;
  const auto last = pick_trials<double>({model.network, batch}, {1}).batch;
  for (const InferenceMethod& method :
       std::vector<InferenceMethod>{FreeRunning{}, ErrorForcing<double>{0.5}, Greedy{},
                                    KalmanFilter{}, MapTrajectory{}, ExactPosterior{}}) {
    SCOPED_TRACE(name_of(method));
    const auto whole = infer(method, model, batch), part = infer(method, model, some);
    for (std::size_t k = 0; k < chosen.size(); ++k)
      expect_close(part[k].states, whole[static_cast<std::size_t>(chosen[k])].states);
    auto sum = expected_non_centred_gradient(model, some, part);
    add_scaled(sum, 1.0, expected_non_centred_gradient(model, last, infer(method, model, last)));
    expect_close(expected_non_centred_gradient(model, batch, whole), sum, 1e-11);
  }
}

// Renaming the units: evidence as it was, scores and states carried along.
TEST(InferenceLaw, RenamingTheUnitsCarriesEverythingAlong) {
  const auto [model, batch] = model_case(linear_case, 3);
  Eigen::PermutationMatrix<Eigen::Dynamic> swap(3);
  swap.indices() << 2, 0, 1;
  const Matrix<double> P = swap.toDenseMatrix().cast<double>();
  auto renamed = model;
  auto& [W, U, b, C, d] = renamed.network.parameters;
  W = P * W * P.transpose();
  U = P * U;
  b = P * b;
  C = C * P.transpose();
  renamed.network.initial_state = P * renamed.network.initial_state;
  renamed.noise.Q = P * renamed.noise.Q * P.transpose();
  const auto before = infer(ExactPosterior{}, model, batch);
  const auto after = infer(ExactPosterior{}, renamed, batch);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(*before[k].log_evidence, *after[k].log_evidence, 1e-10);
    expect_close(after[k].states, P * before[k].states);
    expect_close(after[k].score->W, P * before[k].score->W * P.transpose(), 1e-10);
    expect_close(after[k].score->C, before[k].score->C * P.transpose(), 1e-10);
  }
}

// A rotation of a linear model's state space is another name for the same model.
TEST(InferenceLaw, RotatingALinearModelChangesNoEvidence) {
  const auto [model, batch] = model_case(linear_case, 4);
  auto engine = random_engine(4);
  const auto A = normal_matrix(engine, 3, 3);
  const Matrix<double> skew = A - A.transpose(), I = Matrix<double>::Identity(3, 3);
  const Matrix<double> M = solve_dense<double>(I + skew, I - skew);  // Cayley: orthogonal
  auto rotated = model;
  auto& [W, U, b, C, d] = rotated.network.parameters;
  W = M * W * M.transpose();
  U = M * U;
  b = M * b;
  C = C * M.transpose();
  rotated.network.initial_state = M * rotated.network.initial_state;
  rotated.noise.Q = symmetrised<double>(M * rotated.noise.Q * M.transpose());
  EXPECT_NEAR(log_evidence(model, batch, {}).value, log_evidence(rotated, batch, {}).value, 1e-10);
}

// Targets, d, b, U, h_0 times s and noise times s^2: n log s less, n the observed entries.
TEST(InferenceLaw, ScalingALinearModelShiftsTheEvidenceByItsEntries) {
  const auto [model, batch] = model_case(linear_case, 5);
  auto scaled = model;
  auto scaled_batch = batch;
  const double s = 3;
  scaled.network.parameters.U *= s;
  scaled.network.parameters.b *= s;
  scaled.network.parameters.d *= s;
  scaled.network.initial_state *= s;
  scaled.noise.Q *= s * s;
  scaled.noise.R *= s * s;
  for (Index step = 1; step <= batch.layout().steps; ++step) scaled_batch.targets.at(0, step) *= s;
  const double shift = static_cast<double>(observed_entries(batch)) * std::log(s);
  EXPECT_NEAR(log_evidence(scaled, scaled_batch, {}).value,
              log_evidence(model, batch, {}).value - shift, 1e-10);
}

TEST(InferenceLaw, ParticlesEstimateTheExactEvidenceAndScore) {
  const auto [model, batch] = model_case(linear_case, 6);
  const auto exact = infer(ExactPosterior{}, model, batch);
  const Index K = sanitized ? 1000 : 4000;
  const auto particles = infer(ParticlePosterior{.particles = K}, model, batch);
  for (std::size_t k = 0; k < 3; ++k)
    EXPECT_NEAR(*particles[k].log_evidence, *exact[k].log_evidence,
                5 * *particles[k].log_evidence_error + 1e-9);
  const auto score = expected_non_centred_gradient(model, batch, exact);
  expect_close(expected_non_centred_gradient(model, batch, particles), score,
               0.1 * std::sqrt(4000.0 / static_cast<double>(K)));
  expect_close(centred_gradient(model, expected_statistics(model, batch, exact)), score, 1e-10);
}

TEST(InferenceHostile, AMethodWithoutMeaningForTheModelIsRefused) {
  const auto [model, batch] = model_case({}, 1);
  expect_refusal([&, &model = model, &batch = batch] { infer(ExactPosterior{}, model, batch); },
                 "exact: only for phi = identity, got tanh");
  expect_refusal([&, &model = model, &batch = batch] { infer(Quadrature{}, model, batch); },
                 "only for one unit");
  const auto filtered = infer(KalmanFilter{}, model, batch);
  expect_refusal(
      [&, &model = model, &batch = batch] { expected_statistics(model, batch, filtered); },
      "keep no joint moments");
  auto blind = batch;
  blind.mask.fill(0);
  expect_refusal([&, &model = model] { infer(Greedy{}, model, blind); }, "mask");
}

}  // namespace
}  // namespace error_forcing
