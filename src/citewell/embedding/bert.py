"""The graph of a BERT encoder with mean pooling, built from its weights with the `onnx` package.

In int8 each output of a linear layer has one scale, and inputs are quantised at run time. Word embeddings stay
quantised too and are expanded row by row when read, so the 250,000 words of a multilingual model take 60 MB instead of
384. Attention is a single fused node of onnxruntime. It has a faster kernel (flash attention) that takes no mask, so a
condition in the graph leaves the mask out when a batch has no padding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from citewell.embedding.protocol import Vectors

_OPSET = 20
_CONTRIB = "com.microsoft"  # operators of onnxruntime
_EPSILON = 1e-12
_BLOCK = 32
HEADS = 12


@dataclass(frozen=True)
class Table:
    """A quantised matrix: `bits` (4 or 8) per value, in blocks of 32 values with one scale each. The zero point is the
    middle of the range. Two values of 4 bits share a byte, the first in its lower half."""

    packed: NDArray[np.uint8]
    scales: Vectors
    bits: int


Weights = Mapping[str, Vectors | Table]


def build(weights: Weights, *, quantize: bool) -> bytes:
    """Returns the serialised model: `input_ids` and `attention_mask` (int64, batch x tokens) to `embedding` (batch x
    width) and `tokens` (batch x tokens x width), the last layer before pooling.

    Weights are int8 with `quantize`, else float32.
    """
    return _Graph(weights, quantize).model()


class _Graph:
    """Nodes and constants; a method that adds a node returns the name of its result."""

    def __init__(self, weights: Weights, quantize: bool) -> None:
        self._weights = weights
        self._quantize = quantize
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def model(self) -> bytes:
        hidden = self._embeddings()
        keys = self._op("Cast", "attention_mask", to=TensorProto.INT32)
        unpadded = self._op("Cast", self._op("ReduceMin", keys, keepdims=0), to=TensorProto.BOOL)
        layer = 0
        while f"encoder.layer.{layer}.output.dense.weight" in self._weights:
            hidden = self._layer(f"encoder.layer.{layer}", hidden, keys, unpadded)
            layer += 1
        self._pool(hidden)
        self._nodes.append(helper.make_node("Identity", [hidden], ["tokens"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ]
        width = len(self._float("embeddings.LayerNorm.weight"))
        outputs = [
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width]),
            helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "tokens", width]),
        ]
        whole = helper.make_graph(self._nodes, "encoder", inputs, outputs, list(self._constants.values()))
        versions = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        data: bytes = helper.make_model(whole, opset_imports=versions, ir_version=10).SerializeToString()
        return data

    def _embeddings(self) -> str:
        words = self._words("embeddings.word_embeddings.weight")
        # Every token is of type 0, so its vector is added to the positions once and for all.
        places = self._float("embeddings.position_embeddings.weight")
        places = places + self._float("embeddings.token_type_embeddings.weight")[:1]
        length = self._op("Shape", "input_ids", start=1, end=2)
        positions = self._op("Slice", self._constant("places", places), self._integers(0), length, self._integers(0))
        return self._norm("embeddings.LayerNorm", self._op("Add", words, positions))

    def _words(self, name: str) -> str:
        found = self._weights[name]
        if not isinstance(found, Table) and not self._quantize:
            return self._op("Gather", self._constant(name, found), "input_ids")
        table = found if isinstance(found, Table) else _quantized_table(found)
        packed, scales = self._constant(name, table.packed), self._constant(f"{name}.scales", table.scales)
        how = {"bits": table.bits, "block_size": _BLOCK, "gather_axis": 0, "quantize_axis": 1}
        return self._op("GatherBlockQuantized", packed, "input_ids", scales, domain=_CONTRIB, **how)

    def _layer(self, name: str, hidden: str, keys: str, unpadded: str) -> str:
        parts = self._products([f"{name}.attention.self.{part}" for part in ("query", "key", "value")], hidden)
        ways = {"then_branch": self._attention(f"{name}.unpadded", *parts)}
        ways["else_branch"] = self._attention(f"{name}.padded", *parts, "", keys)
        mixed = self._op("If", unpadded, **ways)
        attended = self._dense(f"{name}.attention.output.dense", mixed)
        hidden = self._norm(f"{name}.attention.output.LayerNorm", self._op("Add", attended, hidden))
        inner = self._op("Gelu", self._dense(f"{name}.intermediate.dense", hidden))
        outer = self._dense(f"{name}.output.dense", inner)
        return self._norm(f"{name}.output.LayerNorm", self._op("Add", outer, hidden))

    def _attention(self, name: str, *inputs: str) -> onnx.GraphProto:
        """Returns a branch with one node, whose inputs are results of the graph around it."""
        node = helper.make_node("MultiHeadAttention", inputs, [name], domain=_CONTRIB, num_heads=HEADS)
        output = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "tokens", "width"])
        return helper.make_graph([node], name, [], [output])

    def _pool(self, hidden: str) -> None:
        """The mean over all tokens but padding, normalised to length 1."""
        mask = self._op("Cast", "attention_mask", to=TensorProto.FLOAT)
        weighted = self._op("Mul", hidden, self._op("Unsqueeze", mask, self._integers(2)))
        total = self._op("ReduceSum", weighted, self._integers(1), keepdims=0)
        # A sum is enough: normalising to length 1 cancels the mean's divisor.
        norm = self._op("ReduceL2", total, self._integers(1), keepdims=1)
        self._nodes.append(helper.make_node("Div", [total, norm], ["embedding"]))

    def _dense(self, name: str, value: str) -> str:
        if not self._quantize:
            return self._float_dense(name, value)
        return self._op("DynamicQuantizeMatMul", value, *self._int8(name), self._bias(name), domain=_CONTRIB)

    def _products(self, names: Sequence[str], value: str) -> list[str]:
        """Several linear layers of the same input, which is quantised once for all of them."""
        if not self._quantize:
            return [self._float_dense(name, value) for name in names]
        small = [f"{names[0]}.input{part}" for part in ("", ".scale", ".zero")]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [value], small))
        found = []
        for name in names:
            weight, scales, zeros = self._int8(name)
            inputs = (small[0], weight, small[1], scales, small[2], zeros, self._bias(name))
            found.append(self._op("MatMulIntegerToFloat", *inputs, domain=_CONTRIB))
        return found

    def _float_dense(self, name: str, value: str) -> str:
        product = self._op("MatMul", value, self._constant(f"{name}.w", self._float(f"{name}.weight").T))
        return self._op("Add", product, self._bias(name))

    def _int8(self, name: str) -> tuple[str, str, str]:
        """Returns a layer's weights, their scales and zero points, one of each for an output."""
        weight = self._float(f"{name}.weight")
        scales = np.maximum(np.abs(weight).max(axis=1), 1e-12).astype(np.float32) / 127
        small = np.clip(np.rint(weight / scales[:, None]), -127, 127).astype(np.int8)
        return (
            self._constant(f"{name}.w", small.T),
            self._constant(f"{name}.s", scales),
            self._constant(f"{name}.z", np.zeros(len(scales), np.int8)),
        )

    def _bias(self, name: str) -> str:
        return self._constant(f"{name}.b", self._float(f"{name}.bias"))

    def _norm(self, name: str, value: str) -> str:
        scale = self._constant(f"{name}.w", self._float(f"{name}.weight"))
        shift = self._constant(f"{name}.b", self._float(f"{name}.bias"))
        return self._op("LayerNormalization", value, scale, shift, axis=-1, epsilon=_EPSILON)

    def _float(self, name: str) -> Vectors:
        found = self._weights[name]
        assert not isinstance(found, Table), f"{name} is quantised"
        return found

    def _op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], domain=domain, **attributes))
        return name

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def _integers(self, *values: int) -> str:
        return self._constant("int_" + "_".join(map(str, values)), np.array(values, np.int64))


def _quantized_table(values: Vectors) -> Table:
    blocks = values.reshape(len(values), -1, _BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2), 1e-12).astype(np.float32) / 127
    packed = np.clip(np.rint(blocks / scales[:, :, None]) + 128, 0, 255).astype(np.uint8)
    return Table(packed.reshape(values.shape), scales, bits=8)
