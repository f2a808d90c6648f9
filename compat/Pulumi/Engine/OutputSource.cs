using System.Reflection;

namespace Pulumi;

/// <summary>The writing end of a resource's output property: sets its value when the engine has answered.</summary>
internal abstract class OutputSource
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The provider's name for the property.</summary>
    public required string Name { get; init; }

    /// <summary>Type of the value.</summary>
    public abstract Type ValueType { get; }

    /// <summary>Sets the value.</summary>
    public abstract void Set(OutputData<object?> data);

    /// <summary>Reports that there will never be a value.</summary>
    public abstract void Fail(Exception e);

    /// <summary>Gives every output property of a resource an output whose value is set later.</summary>
    public static List<OutputSource> Of(Resource resource)
    {
        var sources = new List<OutputSource>();
        for (var type = resource.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            // The outputs of a stack are set by its own constructor; a missing one is an error.
            if (resource is Stack && !type.IsAssignableFrom(typeof(Stack)))
                continue;
            foreach (var property in type.GetProperties(Declared))
            {
                if (property.GetCustomAttribute<OutputAttribute>() is { } output)
                    sources.Add(Make(resource, property, output));
            }
        }

        return sources;
    }

    private static OutputSource Make(Resource resource, PropertyInfo property, OutputAttribute output)
    {
        var type = property.PropertyType;
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(Output<>) || property.SetMethod is null)
            throw new InvalidOperationException(
                $"{property.DeclaringType!.FullName}.{property.Name} has [Output]: it must be an Output<T> with a setter"
            );
        var source = (OutputSource)
            typeof(OutputSource)
                .GetMethod(nameof(Attach), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type.GetGenericArguments())
                .Invoke(null, [resource, property, output.Name ?? property.Name])!;
        return source;
    }

    private static OutputSource<T> Attach<T>(Resource resource, PropertyInfo property, string name)
    {
        var source = new OutputSource<T>(resource) { Name = name };
        property.SetValue(resource, source.Output);
        return source;
    }
}

/// <summary>The writing end of an output of one type.</summary>
internal sealed class OutputSource<T> : OutputSource
{
    private readonly Resource _resource;
    private readonly TaskCompletionSource<OutputData<T>> _data = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OutputSource(Resource resource)
    {
        _resource = resource;
        Output = new Output<T>(_data.Task);
    }

    public Output<T> Output { get; }

    public override Type ValueType => typeof(T);

    public override void Set(OutputData<object?> value) =>
        _data.TrySetResult(new OutputData<T>([_resource], value.Value is null ? default! : (T)value.Value, value.IsKnown, value.IsSecret));

    public override void Fail(Exception e) => _data.TrySetException(e);
}
