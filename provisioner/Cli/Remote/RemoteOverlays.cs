using System.CommandLine;
using System.Text.Json;
using Cloudlet.Cli.Output;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;

namespace Cloudlet.Cli.Remote;

/// <summary>The verbs of overlays, at a service.</summary>
internal static class RemoteOverlays
{
    /// <summary>Makes an overlay there. With a file, it is fetched and not kept there.</summary>
    public static async Task<int> CreateAsync(
        ServiceClient client,
        CreateOverlayRequest request,
        string? file,
        InvocationConfiguration console,
        bool json,
        CancellationToken ct
    )
    {
        var made = await client.RunAsync("/v1/overlays", request, RequestJson.Default.CreateOverlayRequest, console, ct);
        var path = RemoteWork.PathOf("overlays", made!.Id);
        if (file is null)
        {
            Print(console.Output, await client.GetAsync(path, AnswerJson.Default.OverlayView, ct), json);
            return ExitCodes.Ok;
        }

        await RemoteFiles.FetchAsync(client, $"{path}/content", file, console, ct);
        await client.DeleteAsync(path, ct);
        await using var from = OverlaySource.Open(file);
        OverlayText.Print(OverlayText.Beside(file, console), file, await OverlayReader.SummaryAsync(from, ct), counts: null, json);
        return ExitCodes.Ok;
    }

    /// <summary>Prints the overlays that are kept there.</summary>
    public static async Task<int> ListAsync(ServiceClient client, InvocationConfiguration console, bool json, CancellationToken ct)
    {
        var overlays = await client.ListAsync("/v1/overlays", AnswerJson.Default.PageOverlayView, ct);
        foreach (var one in overlays)
            Print(console.Output, one, json);
        if (overlays.Count == 0 && !json)
            await console.Output.WriteLineAsync("no overlays are kept; `cloudlet overlay create VM` makes one");
        return ExitCodes.Ok;
    }

    /// <summary>The request for a VM of an overlay: a URL, a file of this machine, which is uploaded, or one that is kept there.</summary>
    public static async Task<CreateVmRequest> RequestOfAsync(
        ServiceClient client,
        string place,
        CreateVmRequest request,
        InvocationConfiguration console,
        CancellationToken ct
    ) =>
        place.Contains("://", StringComparison.Ordinal) ? request with { Url = place }
        : File.Exists(place) ? request with { Upload = await client.SendAsync(place, console, ct) }
        : request with { Overlay = place };

    /// <summary>Prints an overlay that is kept.</summary>
    public static void Print(TextWriter output, OverlayView one, bool json) =>
        output.WriteLine(
            json
                ? JsonSerializer.Serialize(one, AnswerJson.Default.OverlayView)
                : $"{one.Id}  {one.Name ?? "-", -16} base {one.Base[..12]}  {one.Bytes, 10} bytes  {one.CarriedPages} pages  "
                    + $"since {one.Created:u}"
        );
}
