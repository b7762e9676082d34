"""A classifier as its ONNX file says it, with exact gradients: the graph is evaluated by PyTorch operator by operator."""
import numpy as np
import onnx
import torch
import torch.nn.functional as functional
from onnx import helper, numpy_helper

from ..errors import InputError


def convolution(x, weight, bias=None, *, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), group=1, **_):
    top, left, bottom, right = pads
    return functional.conv2d(functional.pad(x, (left, right, top, bottom)), weight, bias, tuple(strides), 0, tuple(dilations), group)


def product(a, b, c=None, *, alpha=1.0, beta=1.0, transA=0, transB=0):
    found = alpha * (a.T if transA else a) @ (b.T if transB else b)
    return found if c is None else found + beta * c


def mean_over(x, axes=None, *, keepdims=1, **attributes):
    return x.mean(tuple(attributes.get("axes", axes)), keepdim=bool(keepdims))


def normalised(x, scale, bias, mean, variance, *, epsilon=1e-5, **_):
    return functional.batch_norm(x, mean, variance, scale, bias, False, 0.0, epsilon)


def largest_of(x, *, kernel_shape, strides=(1, 1), pads=(0, 0, 0, 0), **_):
    top, left, bottom, right = pads
    return functional.max_pool2d(functional.pad(x, (left, right, top, bottom), value=-torch.inf), tuple(kernel_shape), tuple(strides))


OPERATORS = {
    "Conv": convolution, "Gemm": product, "MatMul": torch.matmul, "ReduceMean": mean_over, "BatchNormalization": normalised,
    "MaxPool": largest_of, "Relu": torch.relu, "Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Div": torch.div,
    "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True), "Identity": lambda x: x,
    "Flatten": lambda x, axis=1: x.flatten(axis), "Constant": lambda value: torch.from_numpy(np.array(numpy_helper.to_array(value))),
}


class Graph:
    """[B, C, H, W] -> scores [B, classes]. Throws InputError for an operator that it does not know."""

    def __init__(self, file):
        model = onnx.load(str(file)).graph
        self.weights = {w.name: torch.from_numpy(np.array(numpy_helper.to_array(w))) for w in model.initializer}
        self.image = next(i.name for i in model.input if i.name not in self.weights)
        self.output = model.output[0].name
        self.nodes = [(n.op_type, list(n.input), n.output[0], {a.name: helper.get_attribute_value(a) for a in n.attribute}) for n in model.node]
        for kind, *_ in self.nodes:
            if kind not in OPERATORS:
                raise InputError(f"{file} has the operator {kind}, of which no gradient is known here; known are {', '.join(sorted(OPERATORS))}")

    def __call__(self, images):
        values = self.weights | {self.image: images}
        for kind, inputs, output, attributes in self.nodes:
            given = [values[name] if name else None for name in inputs]
            if kind == "ReduceMean" and len(given) > 1:
                given[1] = given[1].tolist()
            values[output] = OPERATORS[kind](*given, **attributes)
        return values[self.output]
