using System.CommandLine;
using System.Text.Json;
using Cloudlet.Cli.Output;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;

namespace Cloudlet.Cli.Remote;

/// <summary>The verbs of bases, at a service.</summary>
internal static class RemoteBases
{
    /// <summary>Makes a base and prints it. A place that is a file of this machine is uploaded.</summary>
    public static async Task<int> CreateAsync(
        ServiceClient client,
        string place,
        CreateBaseRequest request,
        InvocationConfiguration console,
        bool json,
        CancellationToken ct
    )
    {
        request =
            place.Contains("://", StringComparison.Ordinal) ? request with { Url = place }
            : File.Exists(place) || request.Boot is null ? request with { Upload = await client.SendAsync(place, console, ct) }
            : request with { From = place };
        var made = await client.RunAsync("/v1/bases", request, RequestJson.Default.CreateBaseRequest, console, ct);
        Print(console.Output, await GetAsync(client, made!.Id, ct), json);
        return ExitCodes.Ok;
    }

    /// <summary>Prints the bases.</summary>
    public static async Task<int> ListAsync(ServiceClient client, InvocationConfiguration console, bool json, CancellationToken ct)
    {
        var bases = await client.ListAsync("/v1/bases", AnswerJson.Default.PageBaseView, ct);
        foreach (var one in bases)
            Print(console.Output, one, json);
        if (bases.Count == 0 && !json)
            await console.Output.WriteLineAsync("no bases; `cloudlet base create IMAGE` makes one");
        return ExitCodes.Ok;
    }

    /// <summary>Prints one base.</summary>
    public static async Task<int> ShowAsync(
        ServiceClient client,
        string which,
        InvocationConfiguration console,
        bool json,
        CancellationToken ct
    )
    {
        var one = await GetAsync(client, which, ct);
        if (json)
            Print(console.Output, one, json);
        else
            Describe(console.Output, one);
        return ExitCodes.Ok;
    }

    /// <summary>Writes a base to a file of this machine.</summary>
    public static async Task<int> ExportAsync(
        ServiceClient client,
        string which,
        string file,
        bool isSmall,
        InvocationConfiguration console,
        bool json,
        CancellationToken ct
    )
    {
        var path = RemoteWork.PathOf("bases", which, isSmall ? "/export?small=true" : "/export");
        var made = await client.RunAsync(HttpMethod.Post, path, console, ct);
        await RemoteFiles.FetchAsync(client, made!.Url, file, console, ct);
        await using var from = OverlaySource.Open(file);
        OverlayText.Print(OverlayText.Beside(file, console), file, await OverlayReader.SummaryAsync(from, ct), counts: null, json);
        return ExitCodes.Ok;
    }

    /// <summary>Verifies bases; the exit status is 1 when one is damaged.</summary>
    public static async Task<int> VerifyAsync(
        ServiceClient client,
        IReadOnlyList<string> which,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        foreach (var one in which)
        {
            await client.RunAsync(HttpMethod.Post, RemoteWork.PathOf("bases", one, "/verify"), console, ct);
            await console.Output.WriteLineAsync($"base  {one}  well");
        }

        return ExitCodes.Ok;
    }

    private static Task<BaseView> GetAsync(ServiceClient client, string which, CancellationToken ct) =>
        client.GetAsync(RemoteWork.PathOf("bases", which), AnswerJson.Default.BaseView, ct);

    private static void Print(TextWriter output, BaseView one, bool json)
    {
        var disk = $"{one.Id[..12]}  {one.Name ?? "-", -16} {(one.Sealed ? "sealed" : "disk"), -7} disk {ByteText.Of(one.DiskBytes), -6}";
        output.WriteLine(
            json ? JsonSerializer.Serialize(one, AnswerJson.Default.BaseView)
            : one.Machine is { } machine
                ? $"{disk} memory {ByteText.Of(one.MemoryBytes ?? 0), -6} {machine.Cpus} x {machine.Cpu} ({machine.Accelerator})"
            : disk
        );
    }

    private static void Describe(TextWriter output, BaseView one)
    {
        output.WriteLine($"base     {one.Id}");
        output.WriteLine($"name     {one.Name ?? "-"}");
        output.WriteLine($"project  {one.Project ?? "all: it is public"}");
        output.WriteLine($"disk     {one.DiskBytes} bytes");
        if (one.Machine is { } machine)
            output.WriteLine(
                $"machine  {machine.Type}, {machine.Cpus} x {machine.Cpu}, {ByteText.Of(one.MemoryBytes ?? 0)}, {machine.Accelerator}, "
                    + $"disk {machine.Disk}, card {machine.Card}, QEMU {machine.QemuVersion}"
            );
    }
}
