using Cloudlet.Errors;
using Cloudlet.Service.Access;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests.Operations;

public class OperationSpecs
{
    private static readonly Caller Alice = new("alice", "alice", Role.Member, "token");

    [Fact]
    public async Task Its_steps_and_result_reach_the_client_as_events()
    {
        await using var service = await RunningService.StartAsync();
        var client = await service.ClientAsync("alice");
        var go = new TaskCompletionSource();
        var operation = Book(service)
            .Start(
                Alice,
                "test.work",
                "something",
                async (o, _) =>
                {
                    await go.Task;
                    o.Report("first");
                    o.Report("copying", 50, 100);
                    return new OperationResult("vm", "1", "/v1/vms/1");
                }
            );
        var seen = new List<OperationView>();

        var following = client.FollowAsync(operation.View, new Each(seen), default);
        go.SetResult();
        var result = await following;

        result!.Id.ShouldBe("1");
        seen[^1].State.ShouldBe(OperationView.Succeeded);
        seen[^1].Steps.ShouldBe(["first", "copying"]);
        (seen[^1].DoneBytes, seen[^1].TotalBytes).ShouldBe((50, 100));
    }

    [Fact]
    public async Task It_survives_its_client_and_a_broken_connection()
    {
        await using var service = await RunningService.StartAsync();
        var go = new TaskCompletionSource();
        var operation = Book(service)
            .Start(
                Alice,
                "test.work",
                "x",
                async (_, _) =>
                {
                    await go.Task;
                    return null;
                }
            );
        var client = await service.ClientAsync("alice");
        using (var gone = service.Bare(client.Login.Token))
        await using (var events = await gone.GetStreamAsync($"/v1/operations/{operation.View.Id}/events"))
            (await events.ReadAsync(new byte[10])).ShouldBeGreaterThan(0);

        go.SetResult();

        await client.FollowAsync(operation.View, new Each([]), default);
        operation.View.State.ShouldBe(OperationView.Succeeded);
    }

    [Fact]
    public async Task It_ends_cancelled_when_its_work_has_stopped()
    {
        await using var service = await RunningService.StartAsync();
        var client = await service.ClientAsync("alice");
        var cleaned = false;
        var operation = Book(service)
            .Start(
                Alice,
                "test.work",
                "x",
                async (_, ct) =>
                {
                    try
                    {
                        await Task.Delay(Timeout.Infinite, ct);
                    }
                    finally
                    {
                        cleaned = true;
                    }

                    return null;
                }
            );
        using var stop = new CancellationTokenSource();
        var following = client.FollowAsync(operation.View, new Each([]), stop.Token);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => following);
        while (!operation.View.HasEnded())
            await Task.Delay(10);
        operation.View.State.ShouldBe(OperationView.Cancelled);
        cleaned.ShouldBeTrue();
    }

    [Fact]
    public async Task A_failure_is_told_with_its_code_and_a_defect_without_its_text()
    {
        await using var service = await RunningService.StartAsync();
        var client = await service.ClientAsync("alice");
        var known = Book(service)
            .Start(Alice, "test.work", "x", (_, _) => throw new CloudletException(ErrorKind.NoSpace, "no room: make some"));
        var defect = Book(service).Start(Alice, "test.work", "x", (_, _) => throw new InvalidOperationException("/secret/path"));

        var told = await Should.ThrowAsync<ServiceException>(() => client.FollowAsync(known.View, new Each([]), default));
        var hidden = await Should.ThrowAsync<ServiceException>(() => client.FollowAsync(defect.View, new Each([]), default));

        (told.Kind, told.Message).ShouldBe((ErrorKind.NoSpace, "no room: make some"));
        hidden.Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task After_a_restart_it_is_still_listed_and_what_ran_has_failed_with_that_reason()
    {
        await using var service = await RunningService.StartAsync();
        var done = Book(service).Start(Alice, "test.done", "x", (_, _) => Task.FromResult<OperationResult?>(null));
        while (!done.View.HasEnded())
            await Task.Delay(10);
        var cut = done.View with { Id = "0123456789abcdef", State = OperationView.Running, Ended = null };
        await File.WriteAllBytesAsync(
            Path.Combine(service.Settings.State, "operations", $"{cut.Id}.json"),
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(cut, AnswerJson.Default.OperationView)
        );

        await service.RestartAsync();

        var client = await service.ClientAsync("alice");
        var all = await client.ListAsync("/v1/operations", AnswerJson.Default.PageOperationView, default);
        all.Single(o => o.Id == done.View.Id).State.ShouldBe(OperationView.Succeeded);
        all.Single(o => o.Id == cut.Id).Problem!.Code.ShouldBe("service-restarted");
    }

    [Fact]
    public async Task Other_projects_do_not_see_it()
    {
        await using var service = await RunningService.StartAsync();
        var operation = Book(service).Start(Alice, "test.work", "x", (_, _) => Task.FromResult<OperationResult?>(null));
        var bob = await service.ClientAsync("bob");

        (await bob.ListAsync("/v1/operations", AnswerJson.Default.PageOperationView, default)).ShouldBeEmpty();
        foreach (var more in new[] { "", "/events" })
            (
                await Should.ThrowAsync<ServiceException>(() =>
                    bob.GetAsync($"/v1/operations/{operation.View.Id}{more}", AnswerJson.Default.OperationView, default)
                )
            ).Kind.ShouldBe(ErrorKind.NotFound);
        (
            await Should.ThrowAsync<ServiceException>(() =>
                bob.CallAsync(HttpMethod.Post, $"/v1/operations/{operation.View.Id}/cancel", AnswerJson.Default.OperationView, default)
            )
        ).Kind.ShouldBe(ErrorKind.NotFound);
    }

    private static OperationBook Book(RunningService service) => service.Services.GetRequiredService<OperationBook>();

    private sealed class Each(List<OperationView> seen) : IProgress<OperationView>
    {
        public void Report(OperationView value) => seen.Add(value);
    }
}
