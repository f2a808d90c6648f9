using Cloudlet.Errors;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Transfers;

/// <summary>Finds the item that a person means.</summary>
public static class ItemChoice
{
    private const int LeastDigits = 4;

    /// <summary>
    /// The item with a name or id. NotFound when there is none; InvalidInput, with all candidates, when there are several.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="text">
    /// Its name, its id or the first digits of it, with <c>base/</c> or <c>overlay/</c> before it where both have it; null: the only one.
    /// </param>
    /// <param name="kind">What it has to be; null: either.</param>
    /// <param name="ct">Cancels it.</param>
    public static async Task<StoredItem> FindAsync(IStore store, string? text, ItemKind? kind, CancellationToken ct)
    {
        var (wanted, name) = text?.Split('/') switch
        {
            ["base", var rest] => (ItemKind.Base, rest),
            ["overlay", var rest] => (ItemKind.Overlay, rest),
            _ => (kind, text),
        };
        var word = kind is { } one ? ItemKey.WordOf(one) : "item";
        if (kind is not null && wanted != kind)
            throw new CloudletException(ErrorKind.InvalidInput, $"'{text}' is not a valid {word} here: leave out what is before the slash");
        var keys = (await store.ListAsync(ct)).Where(k => wanted is null || k.Kind == wanted).ToList();
        var found = name is null ? keys : keys.FindAll(k => k.Name == name || k.Id == name);
        if (found.Count == 0 && name is { Length: >= LeastDigits })
            found = keys.FindAll(k => k.Id.StartsWith(name, StringComparison.Ordinal));
        if (found.Select(static k => (k.Kind, k.Id)).Distinct().Count() > 1)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{store.Place} has several: {string.Join(", ", found)}: add #NAME, with base/ or overlay/ before it, "
                    + "or more digits of the id"
            );
        return found.Count > 0 && await store.FindAsync(found.Find(static k => k.IsNamed) ?? found[0], ct) is { } item
            ? item
            : throw new CloudletException(
                ErrorKind.NotFound,
                $"{store.Place} has no {word}{(name is null ? "" : $" '{name}'")}: 'cloudlet store list {store.Place}' shows what it has"
            );
    }
}
