"""The KPConvX block in other frameworks, on one thread, as a user would write it there: vectorized,
without a loop over points, batch normalization folded into the weights as in ours.

Two things can be written in two ways, and each peer has the way that is faster for it. The distances
to the kernel points are differences where a compiler fuses them, so that they never reach memory, and
elsewhere the matrix product of |q|^2 - 2 d.q, after which only the nearest one is computed exactly.

A peer is a function of the tensors of a case that returns a function without arguments: the block,
ready to run. Whatever converts or copies inputs and outputs is outside of the latter.
"""

import contextlib
import os
import tempfile

NEGATIVE_SLOPE, GROUP = 0.3, 8


def torch_block(t, fused):
    import torch

    torch.set_num_threads(1)

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name in ["Q", "W", "Phi", "phi", "Psi", "psi", "Atilde", "btilde", "Ahat", "bhat"]:
                self.register_buffer(name, torch.from_numpy(t[name]))
            self.act = torch.nn.LeakyReLU(NEGATIVE_SLOPE)

        def nearest(self, offsets):
            """Distance to and number of the nearest kernel point."""
            if fused:
                differences = offsets.unsqueeze(2) - self.Q
                squares, nearest = (differences * differences).sum(-1).min(-1)
                return torch.sqrt(squares), nearest
            products = torch.addmm((self.Q * self.Q).sum(1), offsets.view(-1, 3), self.Q.t(), alpha=-2)
            nearest = products.view(offsets.shape[0], offsets.shape[1], -1).argmin(-1)
            return torch.linalg.vector_norm(offsets - self.Q[nearest], dim=-1), nearest

        def forward(self, x, f, n):
            (points, width), neighbors, groups = f.shape, n.shape[1], f.shape[1] // GROUP
            distance, nearest = self.nearest(x[n] - x.unsqueeze(1))
            influence = torch.clamp(1 - distance, min=0).unsqueeze(-1)
            hidden = self.act(torch.addmm(self.phi, f, self.Phi))
            z = torch.sigmoid(torch.addmm(self.psi, hidden, self.Psi)).view(points, -1, groups)
            chosen = torch.gather(z, 1, nearest.unsqueeze(-1).expand(-1, -1, groups)) * influence
            weighted = self.W[nearest].mul_(f[n]).view(points, neighbors, groups, GROUP)
            sums = (chosen.unsqueeze(-1) * weighted).sum(1).view(points, width)
            hidden = self.act(torch.addmm(self.btilde, sums, self.Atilde))
            return f + self.act(torch.addmm(self.bhat, hidden, self.Ahat))

    inputs = torch.from_numpy(t["X"]), torch.from_numpy(t["F"]), torch.from_numpy(t["N"].astype("int64"))
    return torch, Block().eval(), inputs


def torch_peer(t, compiled):
    torch, block, inputs = torch_block(t, fused=compiled)
    if compiled:
        torch.compiler.reset()
        block = torch.compile(block, dynamic=False)

    def run():
        with torch.inference_mode():
            return block(*inputs)

    return run


@contextlib.contextmanager
def without_standard_error():
    kept = os.dup(2)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def tensorflow_peer(t, compiled):
    with without_standard_error():  # It logs while it is imported, whatever its log level says.
        import tensorflow as tf

    if tf.config.threading.get_intra_op_parallelism_threads() != 1:  # Cannot be set twice.
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    p = {name: tf.constant(value) for name, value in t.items() if name != "Y"}
    (points, width), neighbors, groups = t["F"].shape, t["N"].shape[1], t["F"].shape[1] // GROUP

    def act(v):
        return tf.nn.leaky_relu(v, NEGATIVE_SLOPE)

    def nearest_kernel_point(offsets):
        if compiled:
            differences = tf.expand_dims(offsets, 2) - p["Q"]
            squares = tf.reduce_sum(differences * differences, -1)
            return tf.sqrt(tf.reduce_min(squares, -1)), tf.argmin(squares, -1, output_type=tf.int32)
        products = tf.matmul(tf.reshape(offsets, (-1, 3)), p["Q"], transpose_b=True)
        squares = tf.reduce_sum(p["Q"] * p["Q"], -1) - 2 * products
        nearest = tf.argmin(tf.reshape(squares, (points, neighbors, -1)), -1, output_type=tf.int32)
        return tf.norm(offsets - tf.gather(p["Q"], nearest), axis=-1), nearest

    def block(x, f, n):
        distance, nearest = nearest_kernel_point(tf.gather(x, n) - tf.expand_dims(x, 1))
        influence = tf.expand_dims(tf.maximum(0.0, 1 - distance), -1)
        z = tf.sigmoid(act(f @ p["Phi"] + p["phi"]) @ p["Psi"] + p["psi"])
        chosen = tf.gather(tf.reshape(z, (points, -1, groups)), nearest, batch_dims=1) * influence
        weighted = tf.reshape(tf.gather(p["W"], nearest) * tf.gather(f, n), (points, neighbors, groups, GROUP))
        sums = tf.reshape(tf.reduce_sum(tf.expand_dims(chosen, -1) * weighted, 1), (points, width))
        hidden = act(sums @ p["Atilde"] + p["btilde"])
        return f + act(hidden @ p["Ahat"] + p["bhat"])

    graph = tf.function(block, jit_compile=compiled)
    # The view waits for the result and copies nothing.
    return lambda: memoryview(graph(p["X"], p["F"], p["N"]))


def onnx_model(t):
    """The bytes of PyTorch's block as an ONNX model, and its inputs."""
    torch, block, inputs = torch_block(t, fused=False)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "block.onnx")
        torch.onnx.export(block, inputs, path, input_names=["X", "F", "N"], output_names=["Y"],
                          opset_version=18, dynamo=False)
        with open(path, "rb") as file:
            return file.read(), dict(X=t["X"], F=t["F"], N=t["N"].astype("int64"))


def onnxruntime_peer(t):
    import numpy
    import onnxruntime

    model, inputs = onnx_model(t)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_cpu_input(name, value)
    result = onnxruntime.OrtValue.ortvalue_from_numpy(numpy.empty_like(t["Y"]))
    binding.bind_ortvalue_output("Y", result)

    def run():
        session.run_with_iobinding(binding)
        return result.numpy()

    return run


def openvino_peer(t):
    import openvino

    model, inputs = onnx_model(t)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {
        "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False})
    request = compiled.create_infer_request()
    return lambda: request.infer(inputs, share_inputs=True, share_outputs=True)[0]


# Name of the peer: the package that it needs, how to make it.
LAYER_PEERS = {
    "torch": ("torch", lambda t: torch_peer(t, compiled=False)),
    "torch-compile": ("torch", lambda t: torch_peer(t, compiled=True)),
    "tensorflow": ("tensorflow", lambda t: tensorflow_peer(t, compiled=False)),
    "tensorflow-xla": ("tensorflow", lambda t: tensorflow_peer(t, compiled=True)),
    "onnxruntime": ("onnxruntime", onnxruntime_peer),
    "openvino": ("openvino", openvino_peer),
}
