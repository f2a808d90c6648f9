using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;

namespace Pulumi;

/// <summary>Arguments: a class whose properties with <see cref="InputAttribute"/> go to a provider.</summary>
public abstract class InputArgs
{
    /// <summary>The names and values that go to the provider.</summary>
    internal virtual IEnumerable<KeyValuePair<string, object?>> Members()
    {
        for (var type = GetType(); type != typeof(InputArgs); type = type.BaseType!)
        {
            foreach (var member in type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (member.GetCustomAttribute<InputAttribute>() is not { } input)
                    continue;
                var value = member is FieldInfo field ? field.GetValue(this) : ((PropertyInfo)member).GetValue(this);
                if (value is null && input.IsRequired)
                    throw new RunException($"{GetType().Name}: \"{input.Name}\" is required and has no value");
                yield return new(input.Name, input.Json && value is not null ? Json(value) : value);
            }
        }
    }

    private static Output<string> Json(object value)
    {
        while (value is IInput { Source: { } source })
            value = source;
        return value is IOutput output
            ? new Output<string>(JsonAsync(output))
            : Output.Create(JsonSerializer.Serialize(value));
    }

    private static async Task<OutputData<string>> JsonAsync(IOutput output)
    {
        var data = await output.GetDataAsync();
        return new OutputData<string>(data.Resources, data.IsKnown ? JsonSerializer.Serialize(data.Value) : "", data.IsKnown, data.IsSecret);
    }
}

/// <summary>Arguments of a resource.</summary>
public abstract class ResourceArgs : InputArgs
{
    /// <summary>None.</summary>
    public static readonly ResourceArgs Empty = new EmptyArgs();

    private sealed class EmptyArgs : ResourceArgs;
}

/// <summary>Arguments of a function.</summary>
public abstract class InvokeArgs : InputArgs
{
    /// <summary>None.</summary>
    public static readonly InvokeArgs Empty = new EmptyArgs();

    private sealed class EmptyArgs : InvokeArgs;
}

/// <summary>Arguments of a resource for which there is no class.</summary>
public sealed class DictionaryResourceArgs(ImmutableDictionary<string, object?> dictionary) : ResourceArgs
{
    internal override IEnumerable<KeyValuePair<string, object?>> Members() => dictionary;
}
