"""Sandboxes and their configuration."""

from .base import BaseSandbox, SandboxConfig, SandboxResult
from .broker import GVisorSandbox, RestrictedPythonSandbox

__all__ = ["BaseSandbox", "GVisorSandbox", "RestrictedPythonSandbox", "SandboxConfig", "SandboxResult"]
