using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Nova refuses a server before the scheduler sees the request.</summary>
internal sealed class QuotaExhausted : ICause
{
    public CauseKind Kind => CauseKind.QuotaExhausted;

    public IReadOnlyList<CauseKind> Explains => [];

    private static readonly string[] Counted = ["instances", "cores", "ram"];

    public Finding? Find(Situation situation)
    {
        foreach (var exhibit in situation.Cloud.Quotas)
        foreach (var name in Counted)
        {
            var set = JsonText.Get(CloudState.Root(exhibit), "quota_set");
            var one = JsonText.Get(set, name);
            if (
                JsonText.Number(one, "limit") is not (>= 0 and var limit)
                || JsonText.Number(one, "in_use") + (JsonText.Number(one, "reserved") ?? 0) is not { } used
                || used < limit
            )
                continue;
            return new Finding(
                Kind,
                exhibit.Id[ExhibitIds.Quota("").Length..],
                Certainty.Likely,
                $"the project has used its quota of {name}: each further request is refused"
            )
            {
                Evidence = [new Evidence(exhibit.Id, JsonText.Quote(set!.Value, name))],
                Heals = "It restores quotas that are described.",
                Remedy = $"Delete servers, or `openstack quota set --{name} NUMBER PROJECT`.",
            };
        }

        return null;
    }
}

/// <summary>A server is made from an image that is gone.</summary>
internal sealed class ImageMissing : ICause
{
    public CauseKind Kind => CauseKind.ImageMissing;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Images.FirstOrDefault(i => i.HttpStatus == 404) is not { } image)
            return null;
        var fault = situation.Server?.Fault is { } said && said.Contains("image", StringComparison.OrdinalIgnoreCase);
        return new Finding(
            Kind,
            image.Id[ExhibitIds.Image("").Length..],
            fault ? Certainty.Sure : Certainty.Likely,
            "Glance has no image of that id: the server cannot be made from it, nor rebuilt"
        )
        {
            Evidence = Quotes.All(image.QuoteTrouble(), fault ? situation.QuoteFault() : null),
            Heals = "Nothing.",
            Remedy = "Upload the image again, or use another one; a kernel and a ramdisk are images, too.",
        };
    }
}

/// <summary>An image that Nova does not accept.</summary>
internal sealed class ImageUnusable : ICause
{
    public CauseKind Kind => CauseKind.ImageUnusable;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    private static readonly string[] Words =
    [
        "unacceptable",
        "ImageUnacceptable",
        "does not match disk_format",
        "is not active",
        "corrupt",
    ];

    public Finding? Find(Situation situation)
    {
        var fault =
            situation.Server?.Fault is { } said
            && said.Contains("image", StringComparison.OrdinalIgnoreCase)
            && Words.Any(w => said.Contains(w, StringComparison.OrdinalIgnoreCase));
        var image = situation
            .Cloud.Images.Select(i => (Exhibit: i, Root: CloudState.Root(i)))
            .FirstOrDefault(i => JsonText.Text(i.Root, "status") is { } status && status != "active");
        if (image.Exhibit is null && !fault)
            return null;
        return new Finding(
            Kind,
            image.Exhibit?.Id[ExhibitIds.Image("").Length..] ?? "image",
            Certainty.Sure,
            image.Exhibit is null ? "Nova does not accept the image" : "the image has no data, or an operator took it out of use"
        )
        {
            Evidence = Quotes.All(
                image.Exhibit is null
                    ? null
                    : new Evidence(image.Exhibit.Id, JsonText.Quote(image.Root!.Value, "name", "status", "disk_format")),
                fault ? situation.QuoteFault() : null
            ),
            Heals = "It uploads described images.",
            Remedy = "`openstack image show` tells its state; `openstack image set --activate`, or upload it with the right `disk_format`.",
        };
    }
}
