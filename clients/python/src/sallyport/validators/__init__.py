"""The broker's two doors without a sandbox between them. Nothing is run or recorded."""

from .ast_validator import ASTValidator, Violation
from .output_validator import OutputValidationResult, OutputValidator
from .syntax_validator import SyntaxValidationResult, SyntaxValidator

__all__ = [
    "ASTValidator",
    "OutputValidationResult",
    "OutputValidator",
    "SyntaxValidationResult",
    "SyntaxValidator",
    "Violation",
]
