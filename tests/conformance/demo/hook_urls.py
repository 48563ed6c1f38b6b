from django.urls import path

from sallyport.django.webhooks import webhook

urlpatterns = [path("hooks/sallyport/", webhook)]
