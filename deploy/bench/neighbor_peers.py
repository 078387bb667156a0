"""Searches for the nearest neighbors of every point of a cloud by other libraries, on one thread.

A peer is a function of the points [points, 3] in float32 and the number of neighbors that returns a
function without arguments, which builds the tree, asks it, and returns the ids. Each gets the
points in the type that it works in. Distances are computed by all, ours included.
"""


def scipy_peer(points, count):
    from scipy.spatial import cKDTree

    doubles = points.astype("float64")
    return lambda: cKDTree(doubles).query(doubles, k=count, workers=1)[1]


def pykdtree_peer(points, count, leaf_size):
    from pykdtree.kdtree import KDTree

    return lambda: KDTree(points, leafsize=leaf_size).query(points, k=count)[1]


# Name of the peer: the package that it needs, how to make it. The default leaf of pykdtree has 16
# points; it is faster with 32.
NEIGHBOR_PEERS = {
    "scipy": ("scipy", scipy_peer),
    "pykdtree": ("pykdtree", lambda points, count: pykdtree_peer(points, count, 16)),
    "pykdtree-leaf32": ("pykdtree", lambda points, count: pykdtree_peer(points, count, 32)),
}
