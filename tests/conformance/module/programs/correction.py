"""A caller with a loop of its own around a model, here a list of answers."""

from apps.ai.code_execution import CodeExecutor, ExecutionResult
from apps.ai.code_execution.validators import ASTValidator, SyntaxValidator

answers = ["import os\nprint(os.cpu_count())", "print(1 +", "print(sum(range(5)))"]


def solve(max_retries: int = 3) -> ExecutionResult:
    executor = CodeExecutor()
    for attempt in range(max_retries):
        result = executor.execute(answers[attempt])
        if result.success:
            return result
        feedback = {
            "error_type": result.error_type,
            "error_message": result.error_message,
            "violations": result.validation_violations,
            "attempt": attempt + 1,
        }
        print(feedback["attempt"], feedback["error_type"], [v["line"] for v in feedback["violations"]])
    return result


final = solve()
print(final.to_dict()["stdout"].strip(), final.to_dict()["success"])

check = SyntaxValidator().validate(answers[1])
print(check.is_valid, check.line_number, bool(check.error_message))
for violation in ASTValidator().validate(answers[0]):
    print(violation.severity, violation.line_number, violation.message)
