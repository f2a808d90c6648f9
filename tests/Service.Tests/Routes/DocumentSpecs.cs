using System.Net;
using System.Text.Json;
using Cloudlet.Service.Access;
using Cloudlet.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests.Routes;

/// <summary>The OpenAPI document, and what happens to requests that are made from it at random.</summary>
public class DocumentSpecs
{
    private const int Requests = 10_000;

    [Fact]
    public async Task The_copy_in_the_documents_is_the_served_one()
    {
        await using var service = await RunningService.StartAsync();
        var served = (await service.Bare().GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";
        var copy = Path.Combine(RepositoryFolder.Path, "docs/formats/service.openapi.json");
        if (Environment.GetEnvironmentVariable("CLOUDLET_UPDATE") == "1")
            await File.WriteAllTextAsync(copy, served);

        served.ShouldBe(await File.ReadAllTextAsync(copy), "CLOUDLET_UPDATE=1 dotnet test tests/Service.Tests writes it again");
    }

    [Fact]
    public async Task Every_operation_has_a_name_a_summary_and_an_answer()
    {
        await using var service = await RunningService.StartAsync();
        var operations = (await OperationsAsync(service)).ToList();

        operations.Count.ShouldBeGreaterThan(30);
        foreach (var (path, method, operation) in operations)
        {
            operation.GetProperty("operationId").GetString().ShouldNotBeNullOrEmpty($"{method} {path}");
            operation.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty($"{method} {path}");
            operation
                .GetProperty("responses")
                .EnumerateObject()
                .ShouldContain(r => r.Name[0] == '2' || r.Name[0] == '1', $"{method} {path}");
        }

        operations.Select(o => o.Operation.GetProperty("operationId").GetString()).ShouldBeUnique();
    }

    [Theory]
    [InlineData(Role.Member, 1)]
    [InlineData(Role.Admin, 2)]
    public async Task Random_requests_get_an_answer_that_is_no_defect(Role role, int seed)
    {
        await using var service = await RunningService.StartAsync();
        var (_, token) = service.Services.GetRequiredService<AccountBook>().Add("fuzz", "fuzz", role, TimeSpan.FromDays(1));
        service.Services.GetRequiredService<AccountBook>().Add("victim", "hidden-project", Role.Member, TimeSpan.FromDays(1));
        var http = service.Bare(token);
        var operations = (await OperationsAsync(service)).Where(o => !o.Path.EndsWith("/events", StringComparison.Ordinal)).ToList();
        var random = new RandomRequests(seed);
        var wrong = new List<string>();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests / 2).Select(_ => random.Next(operations)).ToList(),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = limit.Token },
            async (made, ct) =>
            {
                using var request = made.ToMessage();
                using var answer = await http.SendAsync(request, ct);
                var text = await answer.Content.ReadAsStringAsync(ct);
                var isDefect =
                    answer.StatusCode is HttpStatusCode.InternalServerError
                    || (
                        (int)answer.StatusCode >= 400
                        && answer.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "text/plain")
                    );
                var isLeak = role != Role.Admin && text.Contains("hidden-project", StringComparison.Ordinal);
                if (isDefect || isLeak)
                    lock (wrong)
                        wrong.Add($"{made}: {(int)answer.StatusCode} {text}");
            }
        );

        wrong.Take(5).ShouldBeEmpty();
        (await http.GetAsync("/v1/identity")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<IEnumerable<(string Path, string Method, JsonElement Operation)>> OperationsAsync(RunningService service)
    {
        var document = JsonDocument.Parse(await service.Bare().GetStringAsync("/openapi/v1.json")).RootElement;
        return document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Select(m => (p.Name, m.Name.ToUpperInvariant(), m.Value)));
    }
}

/// <summary>A request that was made at random.</summary>
internal sealed record RandomRequest(string Method, string Path, string? Body, string ContentType, string? Offset)
{
    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), Path);
        if (Body is not null)
        {
            message.Content = new StringContent(Body);
            message.Content.Headers.Remove("Content-Type");
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        if (Offset is not null)
            message.Headers.TryAddWithoutValidation("Upload-Offset", Offset);
        return message;
    }
}

/// <summary>Makes requests from the operations of a document: right routes with wrong, odd and hostile values.</summary>
internal sealed class RandomRequests(int seed)
{
    private static readonly string[] Texts =
    [
        "",
        "a",
        "abc",
        "..",
        "../../etc/passwd",
        "%00",
        "%2e%2e%2f",
        "a\\b",
        "0",
        "-1",
        "null",
        "true",
        "'\"<>",
        "😀",
        "A-B",
        new('x', 300),
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
        "serial:x",
        "port:99999",
        "9223372036854775808",
        "1e309",
    ];

    private static readonly string[] Names =
    [
        "base",
        "overlay",
        "upload",
        "url",
        "name",
        "forwards",
        "openNetwork",
        "vm",
        "small",
        "trim",
        "end",
        "bytes",
        "sha256",
        "from",
        "boot",
        "public",
        "format",
        "role",
        "days",
        "project",
        "force",
        "timeoutSeconds",
        "memoryMib",
        "cpus",
        "until",
        "host",
        "guest",
        "nothing",
    ];

    private static readonly string[] Parameters = ["limit", "after", "name", "state", "cells", "small", "force", "timeoutSeconds", "x"];

    private readonly Random _random = new(seed);

    public RandomRequest Next(IReadOnlyList<(string Path, string Method, JsonElement Operation)> operations)
    {
        var (path, method, _) = operations[_random.Next(operations.Count)];
        while (path.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start)
            path = path[..start] + Uri.EscapeDataString(Pick(Texts)) + path[(path.IndexOf('}', start) + 1)..];
        if (_random.Next(3) == 0)
            path += $"?{Pick(Parameters)}={Uri.EscapeDataString(Pick(Texts))}";
        var hasBody = method is "POST" or "PATCH" or "PUT" && _random.Next(10) > 0;
        return new RandomRequest(
            method,
            path,
            hasBody ? Body() : null,
            _random.Next(12) == 0 ? Pick(["text/plain", "application/xml", "application/octet-stream", "nonsense"])
                : method == "PATCH" ? "application/octet-stream"
                : "application/json",
            method == "PATCH" && _random.Next(4) > 0 ? Pick(["0", "5", "-1", "x", "", "9223372036854775808", new('7', 300)]) : null
        );
    }

    private string Body() =>
        _random.Next(15) switch
        {
            0 => "",
            1 => "{",
            2 => "[]",
            3 => "null",
            4 => string.Concat(Enumerable.Repeat("[", 5000)),
            5 => "\"\\ud800\"",
            _ => Value(0, isObject: true),
        };

    private string Value(int depth, bool isObject) =>
        isObject
            ? $"{{{string.Join(',', Enumerable.Range(0, _random.Next(6)).Select(_ => Member(depth + 1)))}}}"
            : _random.Next(7) switch
            {
                0 => "null",
                1 => "true",
                2 => $"{_random.NextInt64(long.MinValue, long.MaxValue)}",
                3 => $"{_random.Next(-2, 100)}",
                4 => $"[{(depth < 4 ? Value(depth + 1, _random.Next(2) == 0) : "")}]",
                _ => JsonSerializer.Serialize(Pick(Texts)),
            };

    private string Member(int depth) => $"\"{Pick(Names)}\":{Value(depth, _random.Next(6) == 0 && depth < 5)}";

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
