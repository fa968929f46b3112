"""The graph of a BERT encoder with mean pooling, built from its weights with the `onnx` package."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from citewell.embedding.protocol import Vectors

_OPSET = 20
_EPSILON = 1e-12
HEADS = 12

Array = NDArray[np.float32] | NDArray[np.int64]


class _Graph:
    """Nodes and constants; every method returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self._count = 0

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        self._count += 1
        name = f"{kind}_{self._count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str, value: Array) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        return self.constant("int_" + "_".join(map(str, values)), np.array(values, np.int64))


def build(weights: Mapping[str, Vectors]) -> bytes:
    """The serialised model: `input_ids` and `attention_mask` (int64, batch x tokens) to `embedding` (batch x width)."""
    graph = _Graph()
    hidden = _embeddings(graph, weights)
    mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    bias = _attention_bias(graph, mask)
    layer = 0
    while f"encoder.layer.{layer}.output.dense.weight" in weights:
        hidden = _layer(graph, weights, f"encoder.layer.{layer}", hidden, bias)
        layer += 1
    _pool(graph, hidden, mask)
    return _model(graph, weights["embeddings.LayerNorm.weight"].shape[0])


def _embeddings(graph: _Graph, weights: Mapping[str, Vectors]) -> str:
    words = graph.constant("words", weights["embeddings.word_embeddings.weight"])
    # Every token is of type 0, so its vector is added to the positions once and for all.
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][:1]
    length = graph.op("Shape", "input_ids", start=1, end=2)
    positions = graph.op("Slice", graph.constant("places", places), graph.integers(0), length, graph.integers(0))
    total = graph.op("Add", graph.op("Gather", words, "input_ids"), positions)
    return _norm(graph, weights, "embeddings.LayerNorm", total)


def _attention_bias(graph: _Graph, mask: str) -> str:
    """0 for tokens, a very negative number for padding; batch x 1 x 1 x tokens."""
    wide = graph.op("Unsqueeze", mask, graph.integers(1, 2))
    off = graph.op("Sub", graph.constant("one", np.array(1, np.float32)), wide)
    return graph.op("Mul", off, graph.constant("minus", np.array(-1e4, np.float32)))


def _layer(graph: _Graph, weights: Mapping[str, Vectors], name: str, hidden: str, bias: str) -> str:
    width = weights[f"{name}.attention.self.query.weight"].shape[0]
    split = graph.integers(0, 0, HEADS, width // HEADS)

    def heads(part: str, order: list[int]) -> str:
        flat = _dense(graph, weights, f"{name}.attention.self.{part}", hidden)
        return graph.op("Transpose", graph.op("Reshape", flat, split), perm=order)

    scores = graph.op("MatMul", heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]))
    scale = graph.constant("scale", np.array((width / HEADS) ** -0.5, np.float32))
    attention = graph.op("Softmax", graph.op("Add", graph.op("Mul", scores, scale), bias), axis=-1)
    mixed = graph.op("Transpose", graph.op("MatMul", attention, heads("value", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
    context = graph.op("Reshape", mixed, graph.integers(0, 0, width))
    attended = _dense(graph, weights, f"{name}.attention.output.dense", context)
    hidden = _norm(graph, weights, f"{name}.attention.output.LayerNorm", graph.op("Add", attended, hidden))
    inner = graph.op("Gelu", _dense(graph, weights, f"{name}.intermediate.dense", hidden))
    outer = _dense(graph, weights, f"{name}.output.dense", inner)
    return _norm(graph, weights, f"{name}.output.LayerNorm", graph.op("Add", outer, hidden))


def _pool(graph: _Graph, hidden: str, mask: str) -> None:
    """The mean over the tokens that are none of padding, at length 1."""
    weighted = graph.op("Mul", hidden, graph.op("Unsqueeze", mask, graph.integers(2)))
    total = graph.op("ReduceSum", weighted, graph.integers(1), keepdims=0)
    # The mean's divisor drops out when the vector is brought to length 1.
    norm = graph.op("ReduceL2", total, graph.integers(1), keepdims=1)
    graph.nodes.append(helper.make_node("Div", [total, norm], ["embedding"]))


def _dense(graph: _Graph, weights: Mapping[str, Vectors], name: str, value: str) -> str:
    product = graph.op("MatMul", value, graph.constant(f"{name}.w", weights[f"{name}.weight"].T))
    return graph.op("Add", product, graph.constant(f"{name}.b", weights[f"{name}.bias"]))


def _norm(graph: _Graph, weights: Mapping[str, Vectors], name: str, value: str) -> str:
    scale = graph.constant(f"{name}.w", weights[f"{name}.weight"])
    shift = graph.constant(f"{name}.b", weights[f"{name}.bias"])
    return graph.op("LayerNormalization", value, scale, shift, axis=-1, epsilon=_EPSILON)


def _model(graph: _Graph, width: int) -> bytes:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])]
    whole = helper.make_graph(graph.nodes, "encoder", inputs, outputs, list(graph.constants.values()))
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
    data: bytes = model.SerializeToString()
    return data
