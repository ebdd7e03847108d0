import ast
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

from odoo.tests import BaseCase, tagged
from odoo.tools import file_path

LAYERS = ("models", "wizard", "report", "controllers")
# what an area brings along for these it says in a file of its own
GROUND_FLOOR = {"core", "plan"}


@tagged("post_install", "-at_install")
class TestHouse(BaseCase):
    """Each thing has its room: what stands where, and which area may know which."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = Path(file_path("itss_quality/__manifest__.py")).parent
        cls.trees = {
            path.relative_to(root): ast.parse(path.read_text("utf-8"))
            for layer in LAYERS
            for path in root.glob(f"{layer}/**/*.py")
            if path.name != "__init__.py"
        }
        cls.areas = {path.parts[1] for path in cls.trees}
        cls.models = {}
        for path, tree in cls.trees.items():
            # an area that adds a mixin to a model names it, too, and is not its home
            added = cls.get_names(tree, "_inherit")
            cls.models |= {name: path for name in cls.get_names(tree, "_name") if name not in added}

    @classmethod
    def get_names(cls, tree, attribute):
        """Return the strings that a file's classes give to an attribute."""
        return [
            constant.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == attribute
            for constant in ast.walk(node.value)
            if isinstance(constant, ast.Constant)
        ]

    @classmethod
    def get_known_areas(cls, tree):
        """Yield the areas that a file knows: of the models it names, and of what it imports."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node.value in cls.models:
                yield cls.models[node.value].parts[1]
            elif isinstance(node, ast.ImportFrom) and node.level and node.module:
                yield from cls.areas.intersection(node.module.split(".")[:2])

    def test_every_file_stands_in_an_area(self):
        for path in self.trees:
            with self.subTest(path):
                self.assertEqual(len(path.parts), 3, "layer, area, file")

    def test_one_model_per_file_named_after_it(self):
        for path, tree in self.trees.items():
            if path.parts[0] not in ("models", "wizard"):
                continue
            models = self.get_names(tree, "_name") or self.get_names(tree, "_inherit")
            if not models:
                continue
            with self.subTest(path):
                self.assertEqual(models[0].replace(".", "_"), path.stem)
                classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
                of_models = [
                    node
                    for node in classes
                    if {"_name", "_inherit"}
                    & {
                        getattr(line.targets[0], "id", "")
                        for line in node.body
                        if isinstance(line, ast.Assign)
                    }
                ]
                self.assertEqual(len(of_models), 1)

    def test_core_and_plan_name_no_other_area_and_no_two_areas_each_other(self):
        known = defaultdict(set)
        for path, tree in self.trees.items():
            known[path.parts[1]] |= set(self.get_known_areas(tree)) - {path.parts[1]}
        self.assertFalse(known["core"])
        self.assertFalse(known["plan"] - {"core"})
        # raises with the cycle when there is one
        TopologicalSorter(known).prepare()
