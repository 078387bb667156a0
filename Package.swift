// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// The kernels are unusable without optimization, also in a debug build.
let kernelFlags: [CSetting] = [
  .unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])
]

// `#embed` belongs to C23.
let embedFlags: [CSetting] = [.unsafeFlags(["-std=c23"])]

// The environment names the commit, as deploy/build.sh does: what a manifest itself finds out is kept
// for later builds, when the commit may be another.
let revision = Context.environment["POINTSERVE_REVISION"] ?? "unknown"

let package = Package(
  name: "pointserve",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .target(
      name: "CKernels", cSettings: kernelFlags, linkerSettings: [.linkedLibrary("m")]),
    .target(name: "CSystem"),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CDemoModel", exclude: ["convert.py", "model"], cSettings: embedFlags),
    .target(
      name: "CBuildInformation", cSettings: [.define("BUILD_REVISION", to: "\"\(revision)\"")]),
    .target(name: "CAssets", exclude: ["page.html"], cSettings: embedFlags),

    .target(name: "Locking", swiftSettings: strict),
    .target(name: "Layers", dependencies: ["CKernels"], swiftSettings: strict),
    .target(
      name: "Models", dependencies: ["Layers", "CDemoModel", "COpenSSL", "Locking"],
      swiftSettings: strict),
    .target(
      name: "PointClouds", dependencies: ["Batching", "CKernels"], swiftSettings: strict),
    .target(
      name: "Segmentation",
      dependencies: ["PointClouds", "Models", "Batching", "CKernels", "Locking"],
      swiftSettings: strict),
    .target(name: "Batching", dependencies: ["Locking"], swiftSettings: strict),
    .target(name: "Metrics", dependencies: ["Locking"], swiftSettings: strict),
    .target(
      name: "HTTPServer", dependencies: ["CSystem", "COpenSSL", "CZlib", "Locking"],
      swiftSettings: strict),
    .target(
      name: "Service",
      dependencies: [
        "HTTPServer", "Metrics", "Batching", "Segmentation", "PointClouds", "Models", "Layers",
        "CAssets", "Locking", .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .target(
      name: "Benchmarks",
      dependencies: [
        "Service", "HTTPServer", "Segmentation", "PointClouds", "Models", "Layers", "Batching",
        "CKernels", "CSystem", "Locking", .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "pointserve",
      dependencies: [
        "Batching", "Benchmarks", "Service", "HTTPServer", "Segmentation", "PointClouds", "Models",
        "Layers", "CSystem", "CBuildInformation", "Locking",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    .target(name: "RandomNumbers", path: "Tests/RandomNumbers", swiftSettings: strict),
    .testTarget(
      name: "CKernelsTests", dependencies: ["CKernels", "RandomNumbers"], swiftSettings: strict),
    .target(
      name: "GoldenFiles", dependencies: ["Layers"], path: "Tests/GoldenFiles",
      swiftSettings: strict),
    .testTarget(
      name: "LayersTests", dependencies: ["Layers", "GoldenFiles", "RandomNumbers"],
      swiftSettings: strict),
    .target(
      name: "TestModels", dependencies: ["Models"], path: "Tests/TestModels",
      swiftSettings: strict),
    .testTarget(
      name: "ModelsTests", dependencies: ["Models", "TestModels"], swiftSettings: strict),
    .testTarget(
      name: "PointCloudsTests",
      dependencies: ["PointClouds", "Batching", "Locking", "RandomNumbers"],
      swiftSettings: strict),
    .testTarget(
      name: "SegmentationTests",
      dependencies: ["Segmentation", "Batching", "GoldenFiles", "RandomNumbers"],
      swiftSettings: strict),
    .testTarget(
      name: "BatchingTests", dependencies: ["Batching", "RandomNumbers"], swiftSettings: strict),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics"], swiftSettings: strict),
    .testTarget(
      name: "HTTPServerTests",
      dependencies: ["HTTPServer", "CSystem", "COpenSSL", "Locking", "RandomNumbers"],
      swiftSettings: strict),
    .testTarget(
      name: "BenchmarksTests",
      dependencies: ["Benchmarks", "Layers", "Models", "Segmentation", "Service"],
      swiftSettings: strict),
    .testTarget(
      name: "ServiceTests",
      dependencies: ["Service", "TestModels", "GoldenFiles", "CSystem"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// Programs that link libFuzzer are built on their own: deploy/verify/fuzz.sh.
if Context.environment["POINTSERVE_FUZZING"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "deploy/verify/fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: ["CFuzzer", "Service", "HTTPServer", "PointClouds", "Models", "Layers"],
      path: "deploy/verify/fuzz", exclude: ["CFuzzer", "seeds", "make_seeds.py"],
      swiftSettings: strict),
  ]
}
