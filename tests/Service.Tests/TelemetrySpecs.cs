using System.Net;
using System.Text;
using Cloudlet.Service.Access;
using Cloudlet.Service.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests;

public class TelemetrySpecs
{
    [Fact]
    public async Task Metrics_are_for_readers_and_name_no_project()
    {
        await using var service = await RunningService.StartAsync();
        var http = service.Bare((await service.ClientAsync("alice", Role.Reader)).Login.Token);
        using (await http.GetAsync("/v1/vms/secret-name")) { }

        var text = await http.GetStringAsync("/metrics");

        text.ShouldContain("cloudlet_service_vms{running=\"true\"} 0");
        text.ShouldContain("cloudlet_service_info{version=");
        text.ShouldContain("endpoint=\"/v1/vms/{id}\"");
        text.ShouldNotContain("secret-name");
        (await service.Bare().GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_request_and_its_operation_are_one_trace()
    {
        using var collector = new HttpListener();
        var port = Cloudlet.TestKit.Cloud.FakeCloud.FreePort();
        collector.Prefixes.Add($"http://127.0.0.1:{port}/");
        collector.Start();
        var received = ReceiveAsync(collector);
        await using (var service = await RunningService.StartAsync(s => s with { Otlp = $"http://127.0.0.1:{port}" }))
        {
            var client = await service.ClientAsync("alice");
            var operation = service
                .Services.GetRequiredService<OperationBook>()
                .Start(
                    new Caller("alice", "alice", Role.Member, "token"),
                    "test.traced",
                    "x",
                    (_, _) => Task.FromResult<Cloudlet.ServiceApi.Contracts.OperationResult?>(null)
                );
            while (!operation.View.HasEnded())
                await Task.Delay(10);
            using (await service.Bare(client.Login.Token).GetAsync("/v1/identity?token=hidden")) { }
        }

        var text = await received.WaitAsync(TimeSpan.FromSeconds(20));
        text.ShouldContain("test.traced");
        text.ShouldContain("cloudlet-service");
        text.ShouldNotContain("hidden");
    }

    private static async Task<string> ReceiveAsync(HttpListener collector)
    {
        var text = new StringBuilder();
        while (!text.ToString().Contains("test.traced", StringComparison.Ordinal))
        {
            var context = await collector.GetContextAsync();
            using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
            text.Append(await reader.ReadToEndAsync());
            context.Response.Close();
        }

        return text.ToString();
    }
}
