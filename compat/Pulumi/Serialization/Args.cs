using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Cloudlet.Wire.Values;
using Google.Protobuf;
using Pulumi.Serialization;

namespace Pulumi;

/// <summary>Arguments: a class whose properties with <see cref="InputAttribute"/> go to a provider.</summary>
public abstract class InputArgs
{
    /// <summary>The names and values that go to the provider.</summary>
    internal virtual IEnumerable<KeyValuePair<string, object?>> Members()
    {
        for (var type = GetType(); type != typeof(InputArgs); type = type.BaseType!)
        {
            foreach (
                var member in type.GetMembers(
                    BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly
                )
            )
            {
                if (member.GetCustomAttribute<InputAttribute>() is not { } input)
                    continue;
                var value = member is FieldInfo field ? field.GetValue(this) : ((PropertyInfo)member).GetValue(this);
                if (value is null && input.IsRequired)
                    throw new RunException($"{GetType().Name}: \"{input.Name}\" is required and has no value");
                yield return new(input.Name, input.Json && value is not null ? new Output<string>(JsonAsync(input.Name, value)) : value);
            }
        }
    }

    private static async Task<OutputData<string>> JsonAsync(string path, object value)
    {
        var serializer = new Serializer(keepResources: false);
        var serialized = await serializer.SerializeAsync(path, value);
        var text = serialized.HasUnknowns ? "" : JsonFormatter.Default.Format(PropertyCodec.ToValue(serialized.Plain()));
        return new OutputData<string>([.. serializer.Dependencies], text, !serialized.HasUnknowns, serialized.HasSecrets);
    }
}

/// <summary>Arguments of a resource.</summary>
public abstract class ResourceArgs : InputArgs
{
    /// <summary>No arguments.</summary>
    public static readonly ResourceArgs Empty = new EmptyArgs();

    private sealed class EmptyArgs : ResourceArgs;
}

/// <summary>Arguments of a function.</summary>
public abstract class InvokeArgs : InputArgs
{
    /// <summary>No arguments.</summary>
    public static readonly InvokeArgs Empty = new EmptyArgs();

    private sealed class EmptyArgs : InvokeArgs;
}

/// <summary>Arguments of a resource that has no class. Lists and dictionaries in them must be immutable.</summary>
public sealed class DictionaryResourceArgs : ResourceArgs
{
    private readonly ImmutableDictionary<string, object?> _dictionary;

    /// <summary>Wraps the arguments.</summary>
    /// <exception cref="InvalidOperationException">A list or dictionary in them is not immutable.</exception>
    public DictionaryResourceArgs(ImmutableDictionary<string, object?> dictionary)
    {
        foreach (var (name, value) in dictionary)
            Check(name, value?.GetType());
        _dictionary = dictionary;
    }

    internal override IEnumerable<KeyValuePair<string, object?>> Members() => _dictionary;

    private static void Check(string path, Type? type)
    {
        if (type is null || type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type) || typeof(IInput).IsAssignableFrom(type))
            return;
        var shape = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        if (shape == typeof(ImmutableArray<>))
            Check($"{path}[]", type.GenericTypeArguments[0]);
        else if (shape == typeof(ImmutableDictionary<,>) && type.GenericTypeArguments[0] == typeof(string))
            Check($"{path}.*", type.GenericTypeArguments[1]);
        else
            throw new InvalidOperationException(
                $"{path}: {type} is not a supported argument type; a list is an ImmutableArray, and a dictionary an "
                    + "ImmutableDictionary with text keys"
            );
    }
}
