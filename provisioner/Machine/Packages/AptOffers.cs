using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Packages;

/// <summary>
/// Finds which packages the sources of a host offer. A name that is missing in the host's lists is looked up in fresh ones, which are
/// fetched into a temporary folder.
/// </summary>
internal sealed class AptOffers(IProcesses processes)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public async Task<NotOffered> MissingAsync(IReadOnlyCollection<PackageName> packages, CancellationToken ct)
    {
        var missing = await UnknownAsync(packages, [], ct);
        if (missing.Count == 0)
            return new NotOffered([], "");
        var scratch = Directory.CreateTempSubdirectory("cloudlet-apt-");
        try
        {
            // apt fetches as a separate user, which has to traverse the folder.
            File.SetUnixFileMode(scratch.FullName, scratch.UnixFileMode | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            string[] options =
            [
                "-o",
                $"Dir::State::Lists={scratch.CreateSubdirectory("lists").FullName}",
                "-o",
                $"Dir::Cache={scratch.CreateSubdirectory("cache").FullName}",
            ];
            var update = await processes.RunAsync(
                HelperPrograms.AptGet,
                ["-q", "-o", "Acquire::Retries=0", .. options, "update"],
                Timeout,
                ct
            );
            if (update.ExitCode == 0)
                missing = await UnknownAsync(missing, options, ct);
            var why =
                update.ExitCode == 0
                    ? "the package lists were fetched again"
                    : $"the package lists could not be fetched again: {AptPolicy.LastWords(update)}";
            return new NotOffered([.. missing.Select(static p => p.Version is null ? p.Qualified : $"{p.Qualified}={p.Version}")], why);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private async Task<List<PackageName>> UnknownAsync(IEnumerable<PackageName> packages, string[] options, CancellationToken ct)
    {
        var unknown = new List<PackageName>();
        foreach (var package in packages)
        {
            var result = await processes.RunAsync(HelperPrograms.AptCache, [.. options, "policy", "--", package.Qualified], Timeout, ct);
            if (!AptPolicy.Offers(result.Output, package.Version))
                unknown.Add(package);
        }

        return unknown;
    }
}
