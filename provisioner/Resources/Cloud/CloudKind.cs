using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.Errors;
using Cloudlet.OpenStack;

namespace Cloudlet.Resources.Cloud;

/// <summary>
/// A kind of object of a cloud. A derived kind is a collection and a table of properties; what has requests of its own (roles, endpoints,
/// the data of an image) overrides a method. No event reports changes of a cloud, so full checks find them.
/// </summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
/// <param name="clients">The clouds.</param>
public abstract class CloudKind<TSpec>(CloudClients clients) : IObservesMany<TSpec>, ICanRemove<TSpec>, IHasImmutableProperties, IHealTraits
    where TSpec : CloudSpec
{
    private IReadOnlySet<string>? _replacedBy;

    /// <inheritdoc/>
    public HealTraits Traits => HealTraits.OfServer;

    /// <inheritdoc/>
    public IReadOnlySet<string> ReplacedBy =>
        _replacedBy ??= Properties.Where(static p => p.IsFixed).Select(static p => p.Name).ToHashSet(StringComparer.Ordinal);

    internal abstract CloudCollection Collection { get; }

    internal abstract IReadOnlyList<CloudProperty> Properties { get; }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<TSpec?>> ObserveManyAsync(IReadOnlyList<TSpec> desired, CancellationToken ct)
    {
        var answers = new TSpec?[desired.Count];
        foreach (var group in desired.Index().GroupBy(static d => d.Item.Api))
        {
            var cloud = new CloudView(clients.Of(group.Key), ct);
            foreach (var (i, spec) in group)
                if (await FindAsync(cloud, spec) is { } row)
                    answers[i] = await ReadAsync(cloud, row, spec);
        }

        return answers;
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(TSpec desired, TSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (action == ChangeAction.Replace && observed is not null)
        {
            await RemoveAsync(observed, ct);
            observed = null;
        }

        var cloud = ViewOf(desired, ct);
        var row = observed is null ? await CreateAsync(cloud, desired) : await UpdateAsync(cloud, desired, observed);
        await ApplyMoreAsync(cloud, row, desired, observed);
    }

    /// <inheritdoc/>
    public virtual bool CanRemove(TSpec spec) => true;

    /// <inheritdoc/>
    public virtual string KeptBecause(TSpec spec) => "it is never removed, only forgotten";

    /// <inheritdoc/>
    public virtual async ValueTask RemoveAsync(TSpec spec, CancellationToken ct)
    {
        var cloud = ViewOf(spec, ct);
        if (await FindAsync(cloud, spec) is not { } row)
            return;
        if (await UsesOfAsync(cloud, row, spec) is { Count: > 0 } uses)
            throw new CloudletException(
                ErrorKind.Obstructed,
                $"{spec.Id}: the {Collection.Noun} is in use, so it is not deleted: {string.Join(", ", uses.Take(5))}"
                    + $"{(uses.Count > 5 ? $" and {uses.Count - 5} more" : "")}; delete what uses it, or describe it again"
            );
        await BeforeRemovalAsync(cloud, row, spec);
        await DeleteAsync(cloud, $"{Collection.Path}/{Uri.EscapeDataString(KeyOf(row))}");
    }

    /// <summary>The cloud of a spec.</summary>
    internal CloudView ViewOf(TSpec spec, CancellationToken ct) => new(clients.Of(spec.Api), ct);

    /// <summary>The object of a spec; null: absent.</summary>
    internal virtual Task<JsonElement?> FindAsync(CloudView cloud, TSpec spec) => cloud.FindAsync(Collection, spec.Name);

    /// <summary>What names an object in a path.</summary>
    internal virtual string KeyOf(JsonElement row) => CloudView.IdOf(row);

    /// <summary>Reads what the object's own row does not have.</summary>
    internal virtual ValueTask<TSpec> ReadMoreAsync(CloudView cloud, JsonElement row, TSpec read, TSpec desired) => new(read);

    /// <summary>Makes what is not a property of the object equal to its description.</summary>
    internal virtual ValueTask ApplyMoreAsync(CloudView cloud, JsonElement row, TSpec desired, TSpec? observed) => ValueTask.CompletedTask;

    /// <summary>Adds to the body of a creation or a change what the table does not have; returns secrets in it.</summary>
    internal virtual IReadOnlyList<string> AddTo(JsonObject body, TSpec desired, TSpec? observed) => [];

    /// <summary>What still uses an object, for people; empty: nothing.</summary>
    internal virtual ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, TSpec spec) => new([]);

    /// <summary>Removes parts of an object that would keep the service from deleting it.</summary>
    internal virtual ValueTask BeforeRemovalAsync(CloudView cloud, JsonElement row, TSpec spec) => ValueTask.CompletedTask;

    /// <summary>Sends the changed properties of an object.</summary>
    internal virtual Task SendChangeAsync(CloudView cloud, JsonElement row, JsonObject body, IReadOnlyList<string> secrets) =>
        cloud.SendAsync(
            new CloudRequest(Collection.Change, Collection.Service, $"{Collection.Path}/{Uri.EscapeDataString(KeyOf(row))}")
            {
                Body = Wrapped(body),
                Secrets = secrets,
            }
        );

    /// <summary>Deletes an object; one that is already absent is not an error.</summary>
    internal async Task DeleteAsync(CloudView cloud, string path)
    {
        try
        {
            await cloud.SendAsync(new CloudRequest(HttpMethod.Delete, Collection.Service, path));
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Another change, or a person, was first.
        }
    }

    private async Task<TSpec> ReadAsync(CloudView cloud, JsonElement row, TSpec desired)
    {
        var json = SpecDiff.ToJson(desired);
        foreach (var property in Properties)
            json[property.Name] = await ReadAsync(cloud, property, NodeOf(row, property.Wire));
        TSpec read;
        try
        {
            read = (TSpec)json.Deserialize(HostStateJson.Canonical.ResourceSpec)!;
        }
        catch (JsonException e)
        {
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"{desired.Id}: the API answered with a property of another type: {e.Path}",
                e
            );
        }

        return await ReadMoreAsync(cloud, row, read, desired);
    }

    private static async Task<JsonNode?> ReadAsync(CloudView cloud, CloudProperty property, JsonNode? value)
    {
        if (property.Refers is { } collection)
            return value?.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { Length: > 0 } id
                ? JsonValue.Create(await cloud.NameOfAsync(collection, id))
                : null;
        return property.Read is { } read ? read(value) : value;
    }

    private static async Task<JsonNode?> WriteAsync(CloudView cloud, CloudProperty property, JsonNode value) =>
        property.Refers is { } collection ? JsonValue.Create(await cloud.IdOfAsync(collection, value.GetValue<string>()))
        : property.Write is { } write ? write(value)
        : value.DeepClone();

    private static JsonNode? NodeOf(JsonElement row, string name) =>
        row.Part(name) switch
        {
            { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.Object } found => JsonObject.Create(found),
            { ValueKind: JsonValueKind.Array } found => JsonArray.Create(found),
            var found => JsonValue.Create(found),
        };

    private async Task<JsonElement> CreateAsync(CloudView cloud, TSpec desired)
    {
        var json = SpecDiff.ToJson(desired);
        var body = new JsonObject { ["name"] = desired.Name };
        foreach (var property in Properties)
            if (json[property.Name] is { } value)
                body[property.Wire] = await WriteAsync(cloud, property, value);
        var secrets = AddTo(body, desired, observed: null);
        var answer = await cloud.SendAsync(
            new CloudRequest(HttpMethod.Post, Collection.Service, Collection.Path) { Body = Wrapped(body), Secrets = secrets }
        );
        return Collection.Item is { } item ? answer.Part(item) : answer;
    }

    private async Task<JsonElement> UpdateAsync(CloudView cloud, TSpec desired, TSpec observed)
    {
        var row =
            await FindAsync(cloud, desired)
            ?? throw new CloudletException(ErrorKind.Interrupted, $"{desired.Id}: it was deleted since it was observed");
        var json = SpecDiff.ToJson(desired);
        var changed = SpecDiff.Between(json, SpecDiff.ToJson(observed)).Select(static c => c.Path).ToHashSet(StringComparer.Ordinal);
        var body = new JsonObject();
        foreach (var property in Properties.Where(p => changed.Contains(p.Name)))
            body[property.Wire] = await WriteAsync(cloud, property, json[property.Name]!);
        var secrets = AddTo(body, desired, observed);
        if (body.Count > 0)
            await SendChangeAsync(cloud, row, body, secrets);
        return row;
    }

    private JsonObject Wrapped(JsonObject body) => Collection.Item is { } item ? new JsonObject { [item] = body } : body;
}
