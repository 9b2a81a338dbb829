from __future__ import annotations

from homeport.runtime.logs import (
    InitReport,
    InvocationReport,
    JsonLines,
    TextLines,
    lines_of,
    timestamp,
)

AT = 1_709_294_400.123
RUNTIME, REGION = "python3.13", "eu-west-1"
ARN = "arn:aws:lambda:eu-west-1:000000000000:function:f"
COLD = InvocationReport("r", 1.234, 128, 36, init=110.1)
LATE = InvocationReport("r", 3000.0, 128, 36, status="timeout")
CRASHED = InvocationReport("r", 5.0, 128, 128, init=10.0, status="error", error_type="Runtime.OutOfMemory")


def test_the_log_format_decides_on_the_lines() -> None:
    assert isinstance(lines_of("Text"), TextLines)
    assert isinstance(lines_of("JSON"), JsonLines)


def test_a_time_has_milliseconds_and_is_utc() -> None:
    assert timestamp(AT) == "2024-03-01T12:00:00.123Z"


def test_the_text_format_has_lambdas_lines() -> None:
    lines = TextLines()
    zeros = "0" * 64
    assert lines.init_start(AT, RUNTIME, REGION) == (
        f"INIT_START Runtime Version: python:3.13.v0\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:{zeros}\n"
    )
    assert lines.init_report(AT, InitReport("init", 9999.79, "timeout")) == (
        "INIT_REPORT Init Duration: 9999.79 ms\tPhase: init\tStatus: timeout\n"
    )
    assert lines.init_report(AT, InitReport("invoke", 0.914, "error", "Runtime.ExitError")) == (
        "INIT_REPORT Init Duration: 0.91 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError\n"
    )
    assert lines.start(AT, "r", ARN) == "START RequestId: r Version: $LATEST\n"
    assert lines.timeout(AT, "r", 3) == "2024-03-01T12:00:00.123Z r Task timed out after 3.00 seconds\n\n"
    assert lines.exit(AT, "r", "Runtime exited with error: exit status 1") == (
        "RequestId: r Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n"
    )


def test_the_text_format_has_lambdas_reports() -> None:
    reports = [
        TextLines().end(AT, report).splitlines()
        for report in (COLD, LATE, CRASHED, InvocationReport("r", 2.0, 128, 36))
    ]
    assert reports == [
        [
            "END RequestId: r",
            "REPORT RequestId: r\tDuration: 1.23 ms\tBilled Duration: 112 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 36 MB\tInit Duration: 110.10 ms\t",
        ],
        [
            "END RequestId: r",
            "REPORT RequestId: r\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 36 MB\tStatus: timeout",
        ],
        [
            "END RequestId: r",
            "REPORT RequestId: r\tDuration: 5.00 ms\tBilled Duration: 15 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 128 MB\tInit Duration: 10.00 ms\tStatus: error\tError Type: Runtime.OutOfMemory",
        ],
        [
            "END RequestId: r",
            "REPORT RequestId: r\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 36 MB\t",
        ],
    ]


def test_the_json_format_has_lambdas_records() -> None:
    lines = JsonLines()
    head = '{"time":"2024-03-01T12:00:00.123Z","type":"platform.'
    assert lines.init_start(AT, RUNTIME, REGION) == (
        f'{head}initStart","record":{{"initializationType":"on-demand","phase":"init",'
        f'"runtimeVersion":"python:3.13.v0","runtimeVersionArn":"arn:aws:lambda:{REGION}::runtime:{"0" * 64}"}}}}\n'
    )
    assert lines.init_report(AT, InitReport("init", 9999.7912, "timeout")) == (
        f'{head}initReport","record":{{"initializationType":"on-demand","phase":"init","status":"timeout",'
        '"metrics":{"durationMs":9999.791}}}\n'
    )
    assert lines.start(AT, "r", ARN) == (
        f'{head}start","record":{{"requestId":"r","functionArn":"{ARN}","version":"$LATEST"}}}}\n'
    )
    assert lines.timeout(AT, "r", 3) == ""
    assert lines.exit(AT, "r", "reason") == ""


def test_the_json_format_has_lambdas_reports() -> None:
    head = '{"time":"2024-03-01T12:00:00.123Z","type":"platform.'
    assert JsonLines().end(AT, COLD) == (
        f'{head}report","record":{{"requestId":"r","metrics":{{"durationMs":1.234,"billedDurationMs":112,'
        '"memorySizeMB":128,"maxMemoryUsedMB":36,"initDurationMs":110.1},"status":"success"}}\n'
    )
    assert JsonLines().end(AT, CRASHED).splitlines() == [
        f'{head}runtimeDone","record":{{"requestId":"r","status":"error","errorType":"Runtime.OutOfMemory",'
        '"metrics":{"durationMs":5.0,"producedBytes":0}}}',
        f'{head}report","record":{{"requestId":"r","metrics":{{"durationMs":5.0,"billedDurationMs":15,'
        '"memorySizeMB":128,"maxMemoryUsedMB":128,"initDurationMs":10.0},"status":"error",'
        '"errorType":"Runtime.OutOfMemory"}}',
    ]
