using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.SentPrograms;
using Cloudlet.Machine.Programs;

namespace Cloudlet.Agent;

/// <summary>
/// The program of the cloudlet service that goes to hosts whose description has one. What a host should have is then this content: the
/// description that is sent names its digest, and an apply sends the file first, once per content.
/// </summary>
/// <param name="find">Finds the file; null result: there is none, and a host uses what it has.</param>
public sealed class CarriedProgram(Func<string?> find)
{
    private readonly Lazy<(string Path, string Digest)?> _found = new(() =>
        find() is { } path ? (path, ProgramShelf.DigestOf(path)) : null
    );

    /// <summary>The file that an apply has to send; null: none.</summary>
    public (string Path, string Digest)? NeededBy(AgentRequest request) =>
        request is { Verb: HostVerb.Apply, State: { } state } && IsDescribed(state) ? _found.Value : null;

    /// <summary>The request with the digest of the program in its description.</summary>
    public AgentRequest Describe(AgentRequest request) =>
        request.State is { } state && IsDescribed(state) && _found.Value is var (_, digest)
            ? request with
            {
                State = HostState.Create(state.Host, state.Resources.Select(r => Describe(r, digest))),
            }
            : request;

    private static ResourceSpec Describe(ResourceSpec resource, string digest) =>
        resource is SentProgramSpec { Content: SentProgramSpec.Any } program
            ? program with
            {
                Content = SentProgramSpec.DigestPrefix + digest,
            }
            : resource;

    private static bool IsDescribed(HostState state) =>
        state.Resources.Any(static r => r is SentProgramSpec { Content: SentProgramSpec.Any });
}
