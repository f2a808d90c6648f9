using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Cloudlet.Service.Access;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Tests.Operations;

public class UploadSpecs
{
    private static readonly byte[] Content = Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 31 >> 3)).ToArray();

    [Fact]
    public async Task A_file_arrives_whole()
    {
        await using var service = await RunningService.StartAsync();
        var client = await service.ClientAsync("alice");
        await File.WriteAllBytesAsync(service["file"], Content);

        var id = await client.UploadAsync(service["file"], new Progress<long>(), default);

        var view = await client.GetAsync($"/v1/uploads/{id}", AnswerJson.Default.UploadView, default);
        (view.Received, view.Complete).ShouldBe((Content.Length, true));
        (await File.ReadAllBytesAsync(Path.Combine(service.Settings.State, "uploads", id, "content"))).ShouldBe(Content);
    }

    [Fact]
    public async Task A_part_continues_where_the_last_one_ended_after_a_restart_too()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service, "alice");
        var id = await BeginAsync(http, Content.Length, Digest(Content));
        (await AppendAsync(http, id, 0, Content[..1_000_000])).StatusCode.ShouldBe(HttpStatusCode.OK);
        await service.RestartAsync();
        http = await HttpAsync(service, "alice");

        var wrong = await AppendAsync(http, id, 5, Content[5..]);
        var right = await AppendAsync(http, id, 1_000_000, Content[1_000_000..]);

        (await wrong.JsonAsync(HttpStatusCode.Conflict))
            .GetProperty("detail")
            .GetString()!
            .ShouldContain("expected Upload-Offset 1000000, found 5");
        (await right.JsonAsync(HttpStatusCode.OK)).GetProperty("complete").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Content_that_differs_from_its_digest_is_discarded()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service, "alice");
        var id = await BeginAsync(http, Content.Length, Digest([1, 2, 3]));

        using var answer = await AppendAsync(http, id, 0, Content);

        (await answer.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("detail").GetString()!.ShouldContain("digest");
        (await http.GetAsync($"/v1/uploads/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        Directory.EnumerateFileSystemEntries(Path.Combine(service.Settings.State, "uploads")).ShouldBeEmpty();
    }

    [Fact]
    public async Task More_than_was_promised_is_refused()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service, "alice");
        var id = await BeginAsync(http, 1000, null);

        using var answer = await AppendAsync(http, id, 0, Content);

        (await answer.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("detail").GetString()!.ShouldContain("longer than promised");
        (await (await http.GetAsync($"/v1/uploads/{id}")).JsonAsync(HttpStatusCode.OK)).GetProperty("received").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task Uploads_of_other_projects_do_not_exist()
    {
        await using var service = await RunningService.StartAsync();
        var (alice, bob) = (await HttpAsync(service, "alice"), await HttpAsync(service, "bob"));
        var id = await BeginAsync(alice, 1000, null);

        using var part = await AppendAsync(bob, id, 0, [1]);
        using var look = await bob.GetAsync($"/v1/uploads/{id}");
        using var list = await bob.GetAsync("/v1/uploads");

        part.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        look.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await list.JsonAsync(HttpStatusCode.OK)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_project_has_no_more_uploads_and_bytes_than_its_quota()
    {
        await using var service = await RunningService.StartAsync(s => s with { Quota = new QuotaView(1, 1, 10, 2) });
        var http = await HttpAsync(service, "alice");
        await BeginAsync(http, 1 << 20, null);

        using var large = await http.PostAsync("/v1/uploads", RunningService.Json($"{{\"bytes\":{20 << 20}}}"));
        await BeginAsync(http, 1 << 20, null);
        using var third = await http.PostAsync("/v1/uploads", RunningService.Json("{\"bytes\":1}"));

        var problem = await large.JsonAsync(HttpStatusCode.Forbidden);
        problem.GetProperty("code").GetString().ShouldBe("quota-exceeded");
        problem.GetProperty("detail").GetString()!.ShouldContain("20 more MiB of storage requested, 1 of 10 in use");
        (await third.JsonAsync(HttpStatusCode.Forbidden)).GetProperty("detail").GetString()!.ShouldContain("2 of 2 in use");
    }

    [Fact]
    public async Task A_client_that_vanishes_leaves_an_upload_that_can_be_continued()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service, "alice");
        var id = await BeginAsync(http, Content.Length, Digest(Content));
        using var gone = new CancellationTokenSource();
        var slow = new SlowStream(Content, gone);
        var request = Part(id, 0, new StreamContent(slow));
        await Should.ThrowAsync<OperationCanceledException>(() => http.SendAsync(request, gone.Token));

        long received;
        while (true)
        {
            var view = await (await http.GetAsync($"/v1/uploads/{id}")).JsonAsync(HttpStatusCode.OK);
            received = view.GetProperty("received").GetInt64();
            using var rest = await AppendAsync(http, id, received, Content[(int)received..]);
            if (rest.StatusCode == HttpStatusCode.OK)
                break;
            rest.StatusCode.ShouldBe(HttpStatusCode.Conflict); // the service has not noticed yet
            await Task.Delay(50);
        }

        (await (await http.GetAsync($"/v1/uploads/{id}")).JsonAsync(HttpStatusCode.OK)).GetProperty("complete").GetBoolean().ShouldBeTrue();
    }

    private static async Task<HttpClient> HttpAsync(RunningService service, string project) =>
        service.Bare((await service.ClientAsync(project, Role.Member)).Login.Token);

    private static async Task<string> BeginAsync(HttpClient http, long bytes, string? sha256)
    {
        var digest = sha256 is null ? "" : $",\"sha256\":\"{sha256}\"";
        using var answer = await http.PostAsync("/v1/uploads", RunningService.Json($"{{\"bytes\":{bytes}{digest}}}"));
        return (await answer.JsonAsync(HttpStatusCode.Created)).GetProperty("id").GetString()!;
    }

    private static Task<HttpResponseMessage> AppendAsync(HttpClient http, string id, long offset, byte[] part) =>
        http.SendAsync(Part(id, offset, new ByteArrayContent(part)));

    private static HttpRequestMessage Part(string id, long offset, HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var request = new HttpRequestMessage(HttpMethod.Patch, $"/v1/uploads/{id}") { Content = content };
        request.Headers.Add("Upload-Offset", $"{offset}");
        return request;
    }

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>Sends a part, and is gone then.</summary>
    private sealed class SlowStream(byte[] content, CancellationTokenSource gone) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position > 1_500_000)
            {
                await Task.Delay(200, cancellationToken);
                await gone.CancelAsync();
            }

            return await base.ReadAsync(buffer[..Math.Min(buffer.Length, 100_000)], cancellationToken);
        }
    }
}
