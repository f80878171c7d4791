"""What a Word template may say: the allow-list over a whole Jinja syntax tree.

``expressions`` says what may stand between the braces; here are the statements around it: text, output, ``if`` and a plain
``for name in list``, at most two deep. Asked once when a template is uploaded (``template_check``), and again each time that
one is rendered: an expression that multiplies text until the memory ends is refused by its tree, before it is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from ipr_service.agreements import expressions
from ipr_service.agreements.clauses import MAX_DEPTH_OF_LOOPS
from ipr_service.agreements.expressions import Expression, Path
from ipr_service.errors import FormatError


def paths_read(template: nodes.Template) -> tuple[str, ...]:
    """The schema paths that a parsed template reads, ``discloser.name`` or ``parties[].name``, in order, each once.

    Raises:
        FormatError: a node that is not on the list.
    """
    return tuple(dict.fromkeys(_statements(template.body, _Scope({}))))


@dataclass(frozen=True)
class _Scope:
    """Names of the loops around: the name and the list that its entries come from."""

    loops: Mapping[str, str]
    depth: int = 0

    def named(self, path: Path) -> str:
        head, *rest = path
        return ".".join([self.loops.get(head, head), *rest])


def _refuse(reason: str) -> FormatError:
    return FormatError(reason.replace("{", "(").replace("}", ")"))


def _statements(body: Sequence[nodes.Node], scope: _Scope) -> Iterator[str]:
    """The schema paths read by ``body``, in order.

    Raises:
        FormatError: a node that is not on the list.
    """
    for node in body:
        if isinstance(node, nodes.Output):
            for child in node.nodes:
                if not isinstance(child, nodes.TemplateData):
                    yield from _paths(_checked(child), scope)
        elif isinstance(node, nodes.If):
            yield from _paths(_checked(node.test), scope)
            for branch in (node.body, node.elif_, node.else_):
                yield from _statements(branch, scope)
        elif isinstance(node, nodes.For):
            yield from _loop(node, scope)
        else:
            raise _refuse(f"{type(node).__name__} is not allowed in a template")


def _loop(node: nodes.For, scope: _Scope) -> Iterator[str]:
    source = _checked(node.iter)
    plain = isinstance(node.iter, (nodes.Name, nodes.Getattr)) and not (node.test or node.recursive or node.else_)
    if not plain or not isinstance(node.target, nodes.Name):
        raise _refuse("a loop reads: for name in list")
    if scope.depth >= MAX_DEPTH_OF_LOOPS:
        raise _refuse(f"loops stand at most {MAX_DEPTH_OF_LOOPS} deep")
    listed = scope.named(source.paths[0])
    yield listed
    yield from _statements(node.body, _Scope({**scope.loops, node.target.name: listed + "[]"}, scope.depth + 1))


def _checked(node: nodes.Node) -> Expression:
    return expressions.check_node(node, "", _refuse)


def _paths(expression: Expression, scope: _Scope) -> Iterator[str]:
    return (scope.named(path) for path in expression.paths)
