using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Kinds.CloudUsers;
using Cloudlet.Machine.Files;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.CloudUsers;

/// <summary>
/// Accounts of a cloud. An account is as described when its secret logs in; a login is tried rarely. Services keep their tokens when a
/// password is set.
/// </summary>
/// <param name="clients">The clouds.</param>
/// <param name="files">The host's files.</param>
/// <param name="clock">Measures the age of proofs.</param>
public sealed class CloudUsersKind(CloudClients clients, IHostFiles files, TimeProvider clock)
    : CloudKind<CloudUserSpec>(clients),
        ICaptures<CloudUserSpec>,
        ITriggered<CloudUserSpec>
{
    private const string Refused = "another password, or the account is locked";
    private readonly PasswordProofs _proofs = new(clock);

    internal override CloudCollection Collection => CloudCollection.Users;

    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [
        new("project", "default_project_id") { Refers = CloudCollection.Projects },
        new("description", "description"),
        new("enabled", "enabled"),
    ];

    /// <summary>Keystone does not show the hash of an earlier password, so an account that was there before keeps ours.</summary>
    public ValueTask<CloudUserSpec?> CaptureAsync(CloudUserSpec observed, CancellationToken ct) => new(observed with { Login = null });

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(CloudUserSpec spec) => [new Trigger(TriggerKind.Path, spec.SecretFile)];

    internal override async ValueTask<CloudUserSpec> ReadMoreAsync(
        CloudView cloud,
        JsonElement row,
        CloudUserSpec read,
        CloudUserSpec desired
    )
    {
        var roles = new List<string>();
        foreach (var held in await AssignmentsAsync(cloud))
            if (
                held.Part("user").Text("id") == CloudView.IdOf(row)
                && held.Part("role").Text("id") is { } role
                && held.Part("scope").Part("project").Text("id") is { } project
            )
                roles.Add(
                    CloudUserSpec.RoleOn(
                        await cloud.NameOfAsync(CloudCollection.Roles, role),
                        await cloud.NameOfAsync(CloudCollection.Projects, project)
                    )
                );
        return read with
        {
            Roles = roles,
            Login = desired.Login is null || read.Enabled == false ? null : await LoginOfAsync(cloud, desired),
        };
    }

    internal override IReadOnlyList<string> AddTo(JsonObject body, CloudUserSpec desired, CloudUserSpec? observed)
    {
        if (observed is null)
            body["domain_id"] = "default";
        if (desired.Login is null || observed?.Login == desired.Login)
            return [];

        // A disabled account cannot show its password, so it is set when the account is enabled again.
        var password = PasswordOf(desired);
        body["password"] = password;
        _proofs.Forget(desired.Id);
        return [password];
    }

    internal override async ValueTask ApplyMoreAsync(CloudView cloud, JsonElement row, CloudUserSpec desired, CloudUserSpec? observed)
    {
        if (desired.Roles is not { } wanted)
            return;
        var present = observed?.Roles ?? [];
        foreach (var role in wanted.Except(present, StringComparer.Ordinal))
            await AssignAsync(cloud, HttpMethod.Put, row, role);
        foreach (var role in present.Except(wanted, StringComparer.Ordinal))
            await AssignAsync(cloud, HttpMethod.Delete, row, role);
    }

    private static Task<IReadOnlyList<JsonElement>> AssignmentsAsync(CloudView cloud) =>
        cloud.ListAsync(new CloudCollection(Keystone.Type, "/role_assignments", "role_assignments", null) { Noun = "role" });

    private async Task AssignAsync(CloudView cloud, HttpMethod method, JsonElement row, string text)
    {
        if (CloudUserSpec.Parse(text) is not var (role, project))
            return;
        var path =
            $"/projects/{await IdAsync(CloudCollection.Projects, project)}/users/{CloudView.IdOf(row)}/roles/"
            + await IdAsync(CloudCollection.Roles, role);
        if (method == HttpMethod.Delete)
            await DeleteAsync(cloud, path);
        else
            await cloud.SendAsync(new CloudRequest(method, Keystone.Type, path));

        async Task<string> IdAsync(CloudCollection collection, string name) =>
            Uri.EscapeDataString(
                // A role in a project that the account does not see has an id for a name.
                await cloud.FindAsync(collection, name) is { } found
                    ? CloudView.IdOf(found)
                : method == HttpMethod.Delete ? name
                : await cloud.IdOfAsync(collection, name)
            );
    }

    private async Task<string> LoginOfAsync(CloudView cloud, CloudUserSpec desired)
    {
        var password = PasswordOf(desired);
        if (_proofs.Has(desired.Id, password))
            return CloudUserSpec.Current;
        _proofs.Forget(desired.Id);
        if (!await cloud.Client.IsPasswordAsync(desired.Name, password, cloud.Ct))
            return Refused;
        _proofs.Add(desired.Id, password);
        return CloudUserSpec.Current;
    }

    private string PasswordOf(CloudUserSpec spec) => SecretFile.ReadLine(files, spec.SecretFile, spec.Id);
}
