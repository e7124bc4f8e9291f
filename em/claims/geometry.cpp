// Claims about the zero-error manifold of an affine readout, and what forcing does to it.

#include <error_forcing/cholesky.hpp>
#include <error_forcing/displacement_split.hpp>
#include <error_forcing/e_step.hpp>
#include <error_forcing/errors.hpp>

#include "definition.hpp"
#include "points.hpp"

namespace error_forcing::certification {

namespace {

constexpr Index units = 6, outputs = 3;

// A readout, a target it reaches, a state and a metric.
template <typename Scalar>
struct Scene {
  std::string name;
  Matrix<Scalar> C;
  Vector<Scalar> d, target, h;
  Matrix<Scalar> Q;
  Index rank;
};

// Random, rank 2 of 3, and rank 3 with two outputs 1e-3 from parallel.
template <typename Scalar>
std::vector<Scene<Scalar>> scenes(std::uint64_t seed) {
  auto engine = random_engine(seed, 30);
  std::vector<Scene<Scalar>> result;
  for (const auto& [name, rank] :
       {std::pair{"random C", 3}, {"rank 2 of 3", 2}, {"near-parallel", 3}}) {
    Matrix<Scalar> C = normal_matrix(engine, outputs, units).cast<Scalar>();
    if (rank == 2) C.row(2) = C.row(0) - 2 * C.row(1);
    if (name == std::string("near-parallel")) C.row(2) = C.row(1) + C.row(2) * Scalar(1e-3);
    const Vector<Scalar> d = normal_matrix(engine, outputs, 1).cast<Scalar>();
    const Vector<Scalar> somewhere = normal_matrix(engine, units, 1).cast<Scalar>();
    const Vector<Scalar> h = normal_matrix(engine, units, 1).cast<Scalar>();
    result.push_back({name, C, d, C * somewhere + d, h,
                      random_covariance(engine, units, 0.3).cast<Scalar>(), rank});
  }
  return result;
}

// Solving with C amplifies rounding by its condition number s_max/s_min, over the rank it has.
template <typename Scalar>
double tolerance(const Matrix<Scalar>& C, Index rank) {
  const auto s = thin_svd(C).values;
  const double condition = static_cast<double>(s(0) / s(rank - 1));
  return 64 * static_cast<double>(C.cols()) *
         static_cast<double>(std::numeric_limits<Scalar>::epsilon()) * condition;
}
template <typename Scalar>
double tolerance(const Scene<Scalar>& scene) {
  return tolerance(scene.C, scene.rank);
}

template <typename Scalar>
ZeroErrorManifold<Scalar> manifold_of(const Scene<Scalar>& scene) {
  return {scene.C, scene.d};
}

// Orthonormal basis of the tangent space, N x (N - rank), from the projector on it.
template <typename Scalar>
Matrix<Scalar> tangent_basis(const Scene<Scalar>& scene) {
  const Matrix<Scalar> tangent =
      Matrix<Scalar>::Identity(units, units) - pseudoinverse(scene.C).inverse * scene.C;
  const auto svd = thin_svd(tangent);
  return svd.left.leftCols(svd.rank(Scalar(0.5)));
}

template <typename Scalar>
Measurement manifold_is_affine(std::uint64_t seed) {
  Measurement found;
  for (const auto& scene : scenes<Scalar>(seed)) {
    const auto manifold = manifold_of(scene);
    const auto Z = tangent_basis(scene);
    if (manifold.dimension() != Z.cols() || Z.cols() != units - scene.rank)
      found.trouble = scene.name + ": the dimension is not N - rank C";
    Vector<Scalar> point = manifold.project(scene.h, scene.target);
    point += 3 * Z * Vector<Scalar>::Ones(Z.cols());
    found.include(distance(scene.C * point + scene.d, scene.target), scene.name, tolerance(scene));
  }
  return found;
}

// The nearest point p0 + Z alpha in the norm of Q^-1, by normal equations in the tangent.
template <typename Scalar>
Vector<Scalar> nearest_along_tangent(const Scene<Scalar>& scene, const Matrix<Scalar>& Q_inverse) {
  const Vector<Scalar> p0 = pseudoinverse(scene.C).inverse * (scene.target - scene.d);
  const auto Z = tangent_basis(scene);
  const Matrix<Scalar> weighted = Q_inverse * Z;
  const auto normal = cholesky<Scalar>(Z.transpose() * weighted);
  const Vector<Scalar> pull = weighted.transpose() * (scene.h - p0);
  const Vector<Scalar> alpha = normal.solve(pull);
  return p0 + Z * alpha;
}

template <typename Scalar>
Measurement projections_are_nearest(std::uint64_t seed) {
  Measurement found;
  for (const auto& scene : scenes<Scalar>(seed)) {
    const auto manifold = manifold_of(scene);
    const Matrix<Scalar> identity = Matrix<Scalar>::Identity(units, units);
    const Matrix<Scalar> Q_inverse = cholesky(scene.Q).solve(identity);
    found.include(
        distance(manifold.project(scene.h, scene.target), nearest_along_tangent(scene, identity)),
        scene.name, tolerance(scene));
    found.include(distance(manifold.project_obliquely(scene.h, scene.target, scene.Q),
                           nearest_along_tangent(scene, Q_inverse)),
                  scene.name + ", oblique", tolerance(scene));
  }
  return found;
}

template <typename Scalar>
Measurement minimum_norm_is_nearest_origin(std::uint64_t seed) {
  Measurement found;
  for (auto scene : scenes<Scalar>(seed)) {
    const auto manifold = manifold_of(scene);
    const auto point = manifold.minimum_norm_point(scene.target);
    scene.h.setZero();
    const auto Z = tangent_basis(scene);
    found.include(distance(manifold.project(scene.h, scene.target), point), scene.name,
                  tolerance(scene));
    const Vector<Scalar> along = Z.transpose() * point;  // the nearest point has no tangent part
    found.include(static_cast<double>(along.norm() / point.norm()), scene.name, tolerance(scene));
  }
  return found;
}

// Relative to the size of the state as well: an error that is small by chance is known no better.
template <typename Scalar>
void include_effect(const ForcingEffect<Scalar>& measured, const ForcingEffect<Scalar>& predicted,
                    const Vector<Scalar>& u, const Point<Scalar>& point, Measurement& found) {
  const Vector<Scalar> a{{measured.normal, measured.tangent, measured.error_after, u.norm()}};
  const Vector<Scalar> b{{predicted.normal, predicted.tangent, predicted.error_after, u.norm()}};
  const auto& C = point.network.parameters.C;
  found.include(distance(a, b), point.name, tolerance(C, C.rows()));
}

// Every fully observed step of a rollout, measured against the prediction from its u_t.
template <typename Scalar, typename Predict>
void include_rollout(const EStep<Scalar>& e_step, const Point<Scalar>& point, Predict predict,
                     Measurement& found) {
  const auto& [name, network, batch, noise] = point;
  const ZeroErrorManifold<Scalar> manifold(network.parameters.C, network.parameters.d);
  auto trajectory = make_trajectory(network, batch);
  infer(e_step, network, batch, trajectory);
  for (Index trial = 0; trial < batch.layout().trials; ++trial)
    for (Index step = 1; step <= batch.layout().steps; ++step) {
      if (column(batch.mask, trial, step).minCoeff() == 0) continue;
      const auto u = column(trajectory.states_before, trial, step);
      const auto target = column(batch.targets, trial, step);
      const auto h = column(trajectory.states, trial, step);
      include_effect(measure_forcing(manifold, u, h, target), predict(manifold, u, target), u,
                     point, found);
    }
}

template <typename Scalar>
Measurement displacements_split(std::uint64_t seed) {
  Measurement found;
  const Scalar c(0.7);
  for (const auto& point : points<Scalar>(seed)) {
    include_rollout<Scalar>(
        ErrorForcing<Scalar>{c}, point,
        [&](const auto& manifold, const auto& u, const auto& target) {
          return predict_error_forcing<Scalar>(manifold, u, target, c);
        },
        found);
    include_rollout<Scalar>(
        TeacherForcing<Scalar>{c}, point,
        [&](const auto& manifold, const auto& u, const auto& target) {
          return predict_teacher_forcing<Scalar>(manifold, u, target, c);
        },
        found);
  }
  return found;
}

template <typename Scalar>
bool refuses(const ZeroErrorManifold<Scalar>& manifold, const Scene<Scalar>& scene,
             const Vector<Scalar>& target) {
  try {
    manifold.project(scene.h, target);
    return false;
  } catch (const InvalidInput&) {
    return true;
  }
}

// The four laws of Moore and Penrose, and a target off the range of C refused by name.
template <typename Scalar>
Measurement low_rank_is_least_squares(std::uint64_t seed) {
  Measurement found;
  for (const auto& scene : scenes<Scalar>(seed)) {
    const auto& C = scene.C;
    const auto inverted = pseudoinverse(C);
    const Matrix<Scalar> K = inverted.inverse, CK = C * K, KC = K * C;
    found.include(distance(CK * C, C), scene.name, tolerance(scene));
    found.include(distance(KC * K, K), scene.name, tolerance(scene));
    found.include(distance(CK.transpose(), CK), scene.name, tolerance(scene));
    found.include(distance(KC.transpose(), KC), scene.name, tolerance(scene));
    if (inverted.rank != scene.rank) found.trouble = scene.name + ": wrong effective rank";
    const Vector<Scalar> off = scene.target + Vector<Scalar>::Unit(outputs, 2);
    if (refuses(manifold_of(scene), scene, off) != (scene.rank < outputs))
      found.trouble = scene.name + ": reachability of a target off the range is misjudged";
  }
  return found;
}

}  // namespace

std::vector<Definition> geometry_claims() {
  return {
      {{"G1", "M_t is affine of dimension N - rank C: point + tangent makes no error",
        "projection and tangent | C h + d"},
       rounding,
       IN_DOUBLE_AND_QUAD(manifold_is_affine)},
      {{"G2", "orthogonal and Q-oblique projection give the nearest point of M_t",
        "projection | least squares along the tangent"},
       rounding,
       IN_DOUBLE_AND_QUAD(projections_are_nearest)},
      {{"G3", "C+ (y* - d) is the point of M_t nearest the origin",
        "minimum-norm point | projection of 0"},
       rounding,
       IN_DOUBLE_AND_QUAD(minimum_norm_is_nearest_origin)},
      {{"G4", "EF moves along the normal only, TF by -c (I - C+C) u along M_t besides",
        "forced rollout | prediction from u_t"},
       rounding,
       IN_DOUBLE_AND_QUAD(displacements_split)},
      {{"G8", "low rank: Moore-Penrose least squares; a target off the range of C is refused",
        "singular values | the four laws"},
       rounding,
       IN_DOUBLE_AND_QUAD(low_rank_is_least_squares)},
  };
}

}  // namespace error_forcing::certification
